package t

p := null[_]
