package t

import rego.v2

p0 if { false or true }
p1 if { input.no and true }
p2 if { input.a == 1 and { some x in input.xs; x > 1 } }
p3 := [1 | { some x in input.xs; x > 0 } or true]
p4 if { not (input.no or input.a == 2) }
p5 if true or false and false
p6 if (true or false) and false
p7 if { (input.a == 2 with input.a as 2) and input.a == 1 }
p8 := [x | some x in input.xs; x == 1 or { y := x + 1; y == 3 }]
