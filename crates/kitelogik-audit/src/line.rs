//! The line of a record: profile `kitelogik` of contract section 5. A key that a kind lacks is absent.

use crate::object::Object;
use kitelogik_core::{DecisionRecord, OutcomeRecord, Record, ReloadRecord, cut};
use kitelogik_model::{Decision, Event, EventKind, Phase, SCHEMA, SessionView};
use kitelogik_value::json;

/// Arguments whose JSON is longer are left out of the line; their hash and size stand for them.
pub const MAX_ARGS_BYTES: usize = 64 << 10;

/// A longer message of an outcome's error is cut: an exception may carry megabytes, and a line that no reader takes
/// would record nothing.
pub const MAX_ERROR_BYTES: usize = 64 << 10;
/// Likewise the name of its type.
const MAX_TYPE_BYTES: usize = 1 << 10;

/// Appends the line of a record, `\n` included.
pub fn render(record: &Record<'_>, out: &mut Vec<u8>) {
    let mut line = Object::open(out);
    line.number("schema", SCHEMA.unsigned_abs());
    match record {
        Record::Decision(record) => decision_line(record, &mut line),
        Record::Outcome(record) => outcome_line(record, &mut line),
        Record::Reload(record) => reload_line(record, &mut line),
    }
    line.close();
    out.push(b'\n');
}

fn decision_line(record: &DecisionRecord<'_>, line: &mut Object<'_>) {
    line.text("timestamp", &record.at.to_string());
    line.text("event", record.event.map_or("invalid", |event| event.kind.as_str()));
    line.text("decision_id", &record.decision.id.to_string());
    if let Some(event) = record.event {
        what(event, record, line);
    }
    line.value_if("parent", record.parent);
    if let Some(session) = record.session {
        line.object("session", |o| whose(session, o));
    }
    line.object("decision", |o| decided(record.decision, o));
    line.objects("matched", &record.decision.matched, |o, m| {
        o.text("file", &m.file);
        o.text("rule", &m.rule);
        o.number("line", m.line.into());
    });
    line.text("policy_version", &record.decision.policy_version);
    line.text("config_hash", record.config_hash);
    line.text("adapter", record.adapter);
    line.number("duration_us", record.duration_us);
}

fn what(event: &Event, record: &DecisionRecord<'_>, line: &mut Object<'_>) {
    let is_call = event.kind == EventKind::ToolCall;
    let tool = record.tool.or(event.tool.as_deref());
    line.text_if("tool", tool.or(is_call.then_some("")));
    line.text_if("wire_tool", event.wire_tool.as_deref());
    if is_call {
        line.texts("tool_tags", record.tool_tags);
    }
    line.text_if("transport", event.transport.map(|t| t.as_str()));
    if is_call {
        line.text("phase", if event.phase == Phase::Declare { "declare" } else { "call" });
    }
    line.value_if("server", event.fact("server"));
    if let Some(args) = &event.args {
        line.value_within("args", args, MAX_ARGS_BYTES, "args_omitted");
    }
    line.text_if("args_hash", record.args_hash);
    if !record.args_hidden.is_empty() {
        line.texts("args_hidden", record.args_hidden);
    }
    line.value_if("model", event.fact("model"));
    line.text_if("messages_hash", record.messages_hash);
    if let Some(tokens) = event.reserve_tokens {
        line.object("reserve", |o| o.number("tokens", tokens));
    }
    line.value_if("requested_scope", event.fact("requested_scope"));
    line.value_if("plan", event.fact("plan"));
}

fn whose(session: &SessionView, o: &mut Object<'_>) {
    let identity = &session.identity;
    o.text("id", &session.id);
    o.number("seq", session.seq);
    o.text_if("agent_id", identity.agent_id.as_deref());
    o.text_if("agent_role", identity.agent_role.as_deref());
    o.text_if("user", identity.user.as_deref());
    o.text("tenant", &identity.tenant);
    o.texts("roles", &identity.roles);
    if let Some(scope) = &identity.scope {
        o.texts("scope", scope);
    }
    o.number("depth", session.depth);
    o.number("tokens_spent", session.counters.tokens_spent);
    match &session.counters.cost_spent {
        Some(cost) => json::write(&cost.clone().into(), o.key("cost_spent")),
        None => o.number("cost_spent", 0),
    }
}

fn decided(decision: &Decision, o: &mut Object<'_>) {
    o.flag("allow", decision.allow());
    o.text("effect", decision.effect.as_str());
    o.text("reason", decision.reason());
    o.texts("reasons", &decision.reasons);
    o.text("reason_code", decision.code.as_str());
    o.flag("escalate", decision.effect == kitelogik_model::Effect::Escalate);
    o.texts("reviewers", &decision.reviewers);
    o.value("obligations", &decision.obligations);
    o.text("help", &decision.help);
    o.objects("approved_by", &decision.approved_by, |o, (user, auth)| {
        o.text("user", user);
        o.text("auth", auth);
    });
}

fn reload_line(record: &ReloadRecord<'_>, line: &mut Object<'_>) {
    line.text("timestamp", &record.at.to_string());
    line.text("event", "reload");
    line.text("policy_version", record.policy_version);
    line.text("previous", record.previous);
    line.texts("added", record.added);
    line.texts("removed", record.removed);
}

fn outcome_line(record: &OutcomeRecord<'_>, line: &mut Object<'_>) {
    line.text("timestamp", &record.at.to_string());
    line.text("event", "outcome");
    line.text("decision_id", &record.id.to_string());
    line.text("outcome", record.outcome.kind.as_str());
    if let Some(usage) = &record.outcome.usage {
        line.value("usage", &usage.to_value());
    }
    if let Some(duration) = record.duration_us {
        line.number("duration_us", duration);
    }
    if let Some((kind, message)) = &record.outcome.error {
        line.object("error", |o| {
            o.text("type", &cut(kind, MAX_TYPE_BYTES));
            o.text("message", &cut(message, MAX_ERROR_BYTES));
        });
    }
}
