package t

p := sprintf("%v|%z|%8.3z|%q|%.2f|%8.3f", [5e20, 1e6, 2.5, 10, 2, "fs.read"])

q := sprintf("%[2]v %[1]v", ["a", "b"])

r := sprintf("%[3]v %v", ["a", "b"])

s := sprintf("%q %q %q", [39, 127, 233])
