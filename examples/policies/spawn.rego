# Agents start agents, but not without end.
# A root agent has depth 0; it may have children, and these may have children.
package kitelogik.agent_spawn

default decision := {"allow": true}

depth_limit := 2

deny contains reason if {
	input.parent.depth >= depth_limit
	reason := sprintf("an agent of depth %v may not start another", [input.parent.depth])
}
