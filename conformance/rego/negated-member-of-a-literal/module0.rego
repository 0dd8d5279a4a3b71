package t

# The array is made before the negation: without a member it has no value, and nothing holds.
p if not [input.absent, 1][input.at] == 2

q if not [input.at, 1][input.at] == 2
