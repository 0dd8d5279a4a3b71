package t

p := sprintf("%v %v", [["\u0000\u200b\u0007é🙂\n"], {"a\"b": 1}])

q := $"{["\u0001"]}"

r := json.marshal({["\u0000"]: "\u0000"})
