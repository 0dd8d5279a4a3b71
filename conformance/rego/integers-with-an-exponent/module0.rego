package t

p := substring("abc", 0, 1E2)

q := substring("abc", 0, 1.0)

r := array.slice([1, 2, 3], 0, 1e0)

s := numbers.range(1, 2e0)
