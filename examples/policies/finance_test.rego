package kitelogik.finance_test

import data.kitelogik.tool_call

payment(args) := {
	"event": "tool_call",
	"tool": "orders.refund",
	"transport": "function",
	"tool_tags": ["finance.write"],
	"args": args,
}

test_up_to_the_limit_nobody_is_asked[amount] if {
	some amount in [0.5, 1000]
	tool_call.decision == {"allow": true} with input as payment({"amount": amount})
}

test_above_it_finance_is_asked if {
	decision := tool_call.decision with input as payment({"amount": 1000.01})
	decision.escalate
	decision.reviewers == ["finance-oncall"]
	decision.reason == "amounts over 1000 need an approval"
}

test_what_is_no_number_is_not_small[name] if {
	some name, args in {"none": {}, "text": {"amount": "5"}, "null": {"amount": null}, "list": {"amount": []}}
	decision := tool_call.decision with input as payment(args)
	decision.escalate
}

test_tools_without_the_tag_are_untouched if {
	event := object.union(payment({"amount": 5000}), {"tool_tags": ["finance.read"]})
	tool_call.decision == {"allow": true} with input as event
}
