package kitelogik.budget_test

import data.kitelogik.agent_resource

spent(tokens) := {"session": {"tokens_spent": tokens}}

test_up_to_the_limit_it_goes_on[tokens] if {
	some tokens in [0, 100000]
	agent_resource.decision == {"allow": true} with input as spent(tokens)
	agent_resource.deny == set() with input as spent(tokens)
}

test_past_it_the_next_event_is_denied if {
	reasons := agent_resource.deny with input as spent(100001)
	reasons == {"the session has spent 100001 tokens, its limit is 100000"}
}
