package t

p := 1 if q[input.no]

q[x] := 1 if { x := 1 / 0 }
