package t

p if { every x in [1] { x; [0].c } }

q := 1
