package t

p := regex.match(`^\p{Greek}+$`, "αβ")

q := regex.match(`\x{3b1}`, "α")

r := regex.match(`\p{Lu}`, "a")
