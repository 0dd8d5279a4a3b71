package t

p if { input := 1 }
