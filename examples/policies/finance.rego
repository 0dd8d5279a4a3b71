# Large payments wait for a person.
# Tools that move money carry the tag finance.write. What is no number is not small.
package kitelogik.tool_call

unattended_limit := 1000

decision := {"escalate": true, "reviewers": ["finance-oncall"], "reason": reason} if {
	"finance.write" in input.tool_tags
	not unattended(object.get(input, ["args", "amount"], null))
	reason := sprintf("amounts over %v need an approval", [unattended_limit])
}

unattended(amount) if {
	is_number(amount)
	amount <= unattended_limit
}
