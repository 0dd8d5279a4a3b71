package t

# Without a key nothing of the value is evaluated.
p[input.absent] := to_number("x") if true

q := {input.absent: r | true}

r := to_number("x")

both := [p, q]
