package t

p := semver.compare("1.2.3", "1.2.3-01")
