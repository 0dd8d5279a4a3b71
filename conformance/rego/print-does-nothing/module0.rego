package t

p if {
	some x in [1, 2]
	print("x is", x, input.absent, nosuch(x))
}

not_printed if not print(1)

all if every x in [1] { print(x) }

listed := [1 | print(p)]

otherwise := 1 if {
	print(2)
} else := 2
