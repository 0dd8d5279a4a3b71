package t

# The left side is evaluated before what is within the right one.
p if lower(none) = lower(base64.decode("%"))

none := "a" if input.absent
