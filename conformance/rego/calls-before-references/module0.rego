package t

# The call is evaluated before the reference beside it, which has no value.
p if none + to_number("x") == 1

none := 1 if input.absent
