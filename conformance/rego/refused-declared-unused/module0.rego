package t

p if { some x; true }
