package t

p if concat("", [], y) - 3
