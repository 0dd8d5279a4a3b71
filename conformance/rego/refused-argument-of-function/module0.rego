package t

p := f("a")

f(x) := x + 1
