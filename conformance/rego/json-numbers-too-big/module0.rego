package t

p := [number |
	some text in ["1e400", "9.98e30102", "1e30103", "1e-30104", "0.0e40000", "[1e40000]"]
	number := json.unmarshal(text)
]

q := json.is_valid("1e40000")
