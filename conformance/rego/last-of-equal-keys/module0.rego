package t

p := {"a": 1, "a": 2}

q := {"a": input.a, "a": 7}

r := {input.k: 1, "a": 2}

s := {x: 1, y: 2} if { x := "a"; y := "a" }
