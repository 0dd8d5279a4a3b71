package t

first := 1.0

first := 1

of_rules[k] := 1.0 if k := "x"

of_rules[k] := 1 if k := "x"

members contains x if some x in [1.0, 1]

listed := {x | some x in [1.0, 1]}

values := {"a": x | some x in [1.0, 1]}

keys := {input.a: 1, input.b: 2}

constants := {1.0: 1, 1: 2}
