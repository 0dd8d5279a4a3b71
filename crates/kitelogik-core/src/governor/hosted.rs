//! Tools that the model's provider runs. They cannot be stopped at their calls, so that their declaration
//! needs more than a `default` (design, section 3).

use crate::{Combined, Pep};
use kitelogik_model::{Effect, Event, EventKind, Phase, ReasonCode, Transport};

/// True if the event shows a tool to a model rather than calls it.
pub(super) fn declares(event: &Event) -> bool {
    event.kind == EventKind::ToolCall && event.phase == Phase::Declare
}

/// Denies a declaration that is allowed neither by a rule nor by the operator's `hosted_tools`. What policy
/// denies or escalates stays as it is.
pub(super) fn settle(pep: &Pep, event: &Event, tool: Option<&str>, combined: &mut Combined) {
    let named = tool.is_some_and(|tool| pep.hosted_tools.contains(tool));
    if combined.effect == Effect::Allow && !combined.by_rule && !named {
        combined.detail = vec![help(event, tool.unwrap_or_default())];
        combined.deny(ReasonCode::HostedTool);
    }
}

/// The lines to write.
fn help(event: &Event, tool: &str) -> String {
    // A unit is limited to MCP while all its rules require it; this one must not end that.
    let mcp = if event.transport == Some(Transport::Mcp) { "; input.transport == \"mcp\"" } else { "" };
    format!(
        "the provider runs this tool, so that a default does not allow it; write in package `kitelogik.tool_call`: \
         decision := {{\"allow\": true}} if {{ input.phase == \"declare\"{mcp}; input.tool == {tool:?} }}, \
         or pass hosted_tools=[{tool:?}]"
    )
}
