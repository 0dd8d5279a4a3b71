package t

p := print(1)
