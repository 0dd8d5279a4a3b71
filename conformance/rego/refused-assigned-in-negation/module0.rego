package t

p if { not x := 1 }
