package t

p if { every k, v in [1] { v } }
