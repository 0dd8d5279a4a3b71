# Files are written below /tmp only.
package kitelogik.tool_call

# The one default of this package; finance.rego and mcp.rego add to it.
default decision := {"allow": true}

deny contains reason if {
	input.tool == "fs.write"
	path := object.get(input, ["args", "path"], "no path")
	not below_tmp(path)
	reason := sprintf("fs.write is limited to /tmp, asked for: %v", [path])
}

below_tmp(path) if {
	is_string(path)
	startswith(path, "/tmp/")
}
