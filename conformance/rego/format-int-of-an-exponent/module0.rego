package t

p := [format_int(x, 10) | some x in [1e30, 1e22, 1.5e25, 123456789012345678901234567890]]
