package t

import future.keywords

p { not input.no < 3 }

q { not "x" in input.no }
