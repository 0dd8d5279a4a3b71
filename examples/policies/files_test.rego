package kitelogik.files_test

import data.kitelogik.tool_call

write(args) := {"event": "tool_call", "tool": "fs.write", "transport": "function", "tool_tags": [], "args": args}

test_below_tmp_is_allowed if {
	tool_call.decision == {"allow": true} with input as write({"path": "/tmp/a"})
	tool_call.deny == set() with input as write({"path": "/tmp/a"})
}

test_elsewhere_is_denied if {
	reasons := tool_call.deny with input as write({"path": "/etc/a"})
	reasons == {"fs.write is limited to /tmp, asked for: /etc/a"}
}

test_tmp_itself_and_its_namesakes_are_denied[path] if {
	some path in ["/tmp", "/tmpfile", "/var/tmp/a", "tmp/a", ""]
	reasons := tool_call.deny with input as write({"path": path})
	count(reasons) == 1
}

test_what_is_no_path_is_denied[name] if {
	some name, args in {"none": {}, "number": {"path": 7}, "list": {"path": ["/tmp/a"]}, "null": {"path": null}}
	reasons := tool_call.deny with input as write(args)
	count(reasons) == 1
}

test_other_tools_are_untouched if {
	event := json.patch(write({"path": "/etc/a"}), [{"op": "replace", "path": "/tool", "value": "fs.read"}])
	reasons := tool_call.deny with input as event
	reasons == set()
}
