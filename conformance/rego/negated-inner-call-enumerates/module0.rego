package t

f(x) := x

p0 if { not startswith(lower(input.ss[_]), "a") }
p1 if { not startswith(lower(input.ss[_]), "") }
