package kitelogik.tool_call

# What no rule below allows is denied, and the model is told the reason.
default decision := {"allow": false, "reason": "no rule allows this tool"}

# Tools that may run whatever their arguments are.
decision := {"allow": true} if input.tool in {"time.now", "web.search"}

# Files may be written below /tmp.
decision := {"allow": true} if {
	input.tool == "fs.write"
	startswith(input.args.path, "/tmp/")
}
