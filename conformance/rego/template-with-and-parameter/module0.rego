package t

p := $"v {q with input as 42}"

q := input

r := f("a b")

f($"{x} {input.y}") := 42 if x = "a"
