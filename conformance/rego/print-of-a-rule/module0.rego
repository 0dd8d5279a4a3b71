package t

print(x) := x

p := print(1)

q if print(false)
