# Tools of MCP servers are listed for each role.
# What is not listed is denied. Tools of the program itself are not touched.
package kitelogik.tool_call

mcp_tools_of_role := {
	"analyst": {"warehouse.read_query"},
	"billing": {"stripe.lookup_charge", "stripe.refund"},
	"support": {"zendesk.read_ticket", "zendesk.search"},
}

deny contains reason if {
	not elsewhere
	role := object.get(input, ["session", "agent_role"], "none")
	not input.tool in object.get(mcp_tools_of_role, role, set())
	reason := sprintf("the MCP tool %v is not listed for the role %v", [input.tool, role])
}

# An event that does not say how its tool is reached may be of an MCP tool.
elsewhere if input.transport != "mcp"
