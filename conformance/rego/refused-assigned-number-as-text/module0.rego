package t

p if { x := 1; startswith(x, "a") }
