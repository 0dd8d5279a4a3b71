package t

p if { x := q; not x == 1 }

q := set()
