package t

p := {9, 1.0} & {input.a}

q := {1} & {1.0, 2}
