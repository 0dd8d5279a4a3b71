package t

p := f

f(x) := x
