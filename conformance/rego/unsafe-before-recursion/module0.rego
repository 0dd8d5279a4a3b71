package t

p if { y }

r if r
