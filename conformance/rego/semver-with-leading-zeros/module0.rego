package t

valid := [version | some version in versions; semver.is_valid(version)]

versions := [
	"1.2.3-0",
	"1.2.3-0a",
	"1.2.3+01",
	"1.2.3-01",
	"1.2.3-a.00",
	"9223372036854775807.0.0",
	"9223372036854775808.0.0",
]
