package t

p if { x = 1; some x in [1] }
