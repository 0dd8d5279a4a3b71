package t

p := x if x := input with input.a as 1 with input.a.b as 2

q := x if x := input with input.z.y as 1

r := x if x := data.d with data.d.k.z as 1
