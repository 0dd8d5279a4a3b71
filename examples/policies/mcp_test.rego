package kitelogik.mcp_test

import data.kitelogik.tool_call

call(tool, session) := {
	"event": "tool_call",
	"tool": tool,
	"transport": "mcp",
	"tool_tags": [],
	"args": {},
	"session": session,
}

test_a_listed_tool_is_allowed if {
	event := call("stripe.refund", {"agent_role": "billing"})
	tool_call.deny == set() with input as event
	tool_call.decision == {"allow": true} with input as event
}

test_an_unlisted_tool_is_denied if {
	reasons := tool_call.deny with input as call("stripe.payout", {"agent_role": "billing"})
	reasons == {"the MCP tool stripe.payout is not listed for the role billing"}
}

test_the_tool_of_another_role_is_denied if {
	reasons := tool_call.deny with input as call("stripe.refund", {"agent_role": "support"})
	count(reasons) == 1
}

test_without_a_role_nothing_is_listed[name] if {
	some name, session in {"unknown": {"agent_role": "root"}, "none": {}}
	reasons := tool_call.deny with input as call("stripe.refund", session)
	count(reasons) == 1
}

test_a_tool_reached_nobody_says_how_must_be_listed if {
	reasons := tool_call.deny with input as object.remove(call("stripe.payout", {}), ["transport"])
	count(reasons) == 1
}

test_tools_of_the_program_are_untouched if {
	event := object.union(call("notes.add", {}), {"transport": "function"})
	tool_call.deny == set() with input as event
}
