package t

p if { count := 1; count([1]) == count }
