package t

p if { [1, y] := [1, 2]; y }
