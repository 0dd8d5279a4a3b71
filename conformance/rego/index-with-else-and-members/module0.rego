package t

d contains 1 if input.k == "a"

d contains 2 if { k := input.k; k == "b" }

d contains 3 if input.k in {"a", "c"}

d contains 4 if input.a = 1.0

default e := 0

e := 1 if input.k == "x" else := 2 if input.k == "a"

e := 3 if input.k == "b"

e := 4 if input.k == "c"
