package t

p if { x := 1; x := 2 }
