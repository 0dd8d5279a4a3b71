package kitelogik.plans_test

import data.kitelogik.agent_plan

plan(reads, writes) := {
	"event": "agent_plan",
	"plan": {"steps": array.concat(
		[{"type": "read", "tool": "fs.read"} | some _ in numbers.range(1, reads)],
		[{"type": "write", "tool": "fs.write"} | some _ in numbers.range(1, writes)],
	)},
}

test_a_short_plan_is_allowed if {
	event := plan(17, 3)
	agent_plan.steps == 20 with input as event
	agent_plan.decision == {"allow": true} with input as event
	agent_plan.deny == set() with input as event
}

test_a_long_plan_is_denied if {
	reasons := agent_plan.deny with input as plan(20, 1)
	reasons == {"the plan has 21 steps, the limit is 20"}
}

test_a_plan_that_writes_a_lot_is_read_first if {
	decision := agent_plan.decision with input as plan(1, 4)
	decision.escalate
	decision.reason == "the plan writes 4 times, more than 3 need an approval"
}

test_a_long_plan_that_writes_a_lot_is_denied if {
	reasons := agent_plan.deny with input as plan(1, 21)
	count(reasons) == 1
}
