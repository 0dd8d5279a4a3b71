package t

f(x) := x

p0 if { not input.no < 3 }
p1 if { not 1 in input.no }
p2 if { not startswith(input.no, "a") }
p3 if { not f(f(input.no)) }
p4 if { not [input.no] == [1] }
p5 if { not input.xs[input.no] }
p6 if { not input.no == 1 }
p7 if { not input.no }
p8 if { not input.no.b == input.xs[0] }
p9 if { not {x | x := input.no} == {1} }
p10 if { not f(f(input.no)) with input.no as false }
