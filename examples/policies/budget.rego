# A session's tokens run out.
# Asked with every event that starts something, so that the next one after the limit is denied.
package kitelogik.agent_resource

default decision := {"allow": true}

token_limit := 100000

deny contains reason if {
	input.session.tokens_spent > token_limit
	spent := input.session.tokens_spent
	reason := sprintf("the session has spent %v tokens, its limit is %v", [spent, token_limit])
}
