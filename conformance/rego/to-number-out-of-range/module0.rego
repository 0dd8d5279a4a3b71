package t

p := [number | some text in ["1.7e308", "1.8e308", "-1e400", "1e-400"]; number := to_number(text)]
