package kitelogik.tool_call_test

import data.kitelogik.tool_call

test_listed_tools_run if tool_call.decision.allow with input as {"tool": "web.search", "args": {}}

test_other_tools_do_not if not tool_call.decision.allow with input as {"tool": "shell.exec", "args": {}}

test_files_are_written_below_tmp if {
	tool_call.decision.allow with input as {"tool": "fs.write", "args": {"path": "/tmp/a"}}
	not tool_call.decision.allow with input as {"tool": "fs.write", "args": {"path": "/etc/a"}}
	not tool_call.decision.allow with input as {"tool": "fs.write", "args": {}}
}
