package t

f([x, input.y]) := x
