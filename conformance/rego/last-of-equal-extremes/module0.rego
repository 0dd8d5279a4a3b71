package t

p := [min([1, 1.0]), min([1.0, 1]), max([1, 1.0]), max([1.0, 1])]
