package t

p := [0].c
