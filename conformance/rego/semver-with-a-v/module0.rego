package t

p := semver.is_valid("v1.0.0")

q := semver.compare("v1.0.0", "1.2.0")

r := semver.is_valid("V1.0.0")
