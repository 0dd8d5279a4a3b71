package t

p if not input

q if not data.nothing

r if not input == 1
