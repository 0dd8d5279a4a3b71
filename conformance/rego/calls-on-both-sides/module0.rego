package t

p if lower(none) = base64.decode("%")

none := "a" if input.absent
