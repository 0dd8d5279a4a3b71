package t

p := f({1})

f({x}) := x

q := g({2}, 2)

g({x}, x) := x

r := 1
