package t

p contains 1 if to_number("x") == 1

p contains x if {
	some x in ["2", "x"]
	to_number(x) == 2
}

found if p["2"]
