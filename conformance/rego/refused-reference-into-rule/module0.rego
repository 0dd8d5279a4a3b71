package t

p := q.x.y

q := {"x": 1}
