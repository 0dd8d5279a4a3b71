package t

p := y if { y := [q | true]; q := 1 }

q := 5
