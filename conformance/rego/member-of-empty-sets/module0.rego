package t

p if null in {set(), set()}

q if set() in {set()}
