package t

p[input] := 1

q[input][1] := 2

r[data.t.s] := 3

s := 4
