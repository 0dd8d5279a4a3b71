package t

import future.keywords.not

p0 if { not input.no < 3 }
p1 if { not 1 in input.no }
p2 if { not { some x in input.xs; x > 5 } }
p3 if { not { some x in input.xs; x > 1 } }
