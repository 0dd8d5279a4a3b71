package t

f(_) := input.absent

# `data.t.f` sorts before `to_number`, the key `a` before `b`.
p := {to_number("x"), f(1)}

q := {"b": to_number("x"), "a": f(1)}
