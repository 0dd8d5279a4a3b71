# Plans stay short, and those that write a lot are read first.
package kitelogik.agent_plan

default decision := {"allow": true}

step_limit := 20

unattended_writes := 3

steps := count(input.plan.steps)

writes := count([step | some step in input.plan.steps; step.type == "write"])

deny contains reason if {
	steps > step_limit
	reason := sprintf("the plan has %v steps, the limit is %v", [steps, step_limit])
}

decision := {"escalate": true, "reason": reason} if {
	writes > unattended_writes
	reason := sprintf("the plan writes %v times, more than %v need an approval", [writes, unattended_writes])
}
