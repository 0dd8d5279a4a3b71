package t

p if "a" in [1]
