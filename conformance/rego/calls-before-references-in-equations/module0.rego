package t

p if [none] == [to_number("x")]

none := 1 if input.absent
