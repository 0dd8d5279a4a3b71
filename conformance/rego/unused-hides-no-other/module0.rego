package t

p if { some x; true }

r if r
