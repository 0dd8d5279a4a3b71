package t

p := [text | some text in texts; yaml.is_valid(text)]

texts := [
	"a: 1\n---\n\tb: 2\n",
	"a: 1\n\t# c\nb: 2\n",
	"a: 1\t# c\nb: [2,\n\t\t3]\n",
	"- a\n-\tb: 2\n",
	"- a\n\t\n",
	"a:\n- b\n \tc\n",
]
