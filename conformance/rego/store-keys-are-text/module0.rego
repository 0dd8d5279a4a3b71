package t

p := data.list["1"]

q := data.map[1][0]

r := x["1"] if x := data.list

s := data.map[1]["00"]
