package t

p[k] := v if some k, v in input.pairs

p.a := 3

p["a"] := 4

q := p.b.c
