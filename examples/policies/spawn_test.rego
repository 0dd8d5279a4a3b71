package kitelogik.spawn_test

import data.kitelogik.agent_spawn

below(depth) := {"event": "agent_spawn", "parent": {"id": "p", "depth": depth}}

test_two_levels_may_start[depth] if {
	some depth in [0, 1]
	agent_spawn.decision == {"allow": true} with input as below(depth)
	agent_spawn.deny == set() with input as below(depth)
}

test_the_third_may_not[depth] if {
	some depth in [2, 3]
	reasons := agent_spawn.deny with input as below(depth)
	count(reasons) == 1
}
