package t

k := "rule"

o := {"a": 2, "b": 3}

s contains "a"

n if false

r := data.t.k
