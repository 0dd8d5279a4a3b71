//! The dialect `kitelogik.<event>`: what the values of `decision` and `deny` mean (design, section 4).

use crate::{
    ask::{Asking, EntryRule, Place, Said, shape},
    parsed::Parsed,
    unit,
};
use kitelogik_core::{Answer, Reason, UnitFailure};
use kitelogik_model::ReasonCode;
use kitelogik_value::{Value, json};
use std::sync::Arc;

/// The entry rules of a unit.
pub(crate) struct Kitelogik {
    decision: Option<EntryRule>,
    deny: Option<EntryRule>,
    /// `decision` can only deny or escalate: undefined means no objection
    only_restricts: bool,
}

impl Kitelogik {
    pub(crate) fn new(entry: &dyn Fn(&'static str) -> Option<EntryRule>, files: &[&Parsed]) -> Self {
        Self {
            decision: entry("decision"),
            deny: entry("deny"),
            only_restricts: unit::decision_only_restricts(files),
        }
    }

    /// What the unit says.
    pub(crate) fn answer(&self, asking: &mut Asking<'_>) -> Result<Answer, UnitFailure> {
        let denials = asking.reasons(self.deny.as_ref())?;
        if !denials.is_empty() {
            return Ok(Answer::Deny(denials));
        }
        let Some(rule) = &self.decision else { return Ok(Answer::Abstain) };
        let Said { value, place, by_rule } = asking.ask(rule)?;
        match value {
            Some(value) => decision(&value, &place, by_rule),
            None if self.only_restricts => Ok(Answer::Abstain),
            None => Err(asking.undefined(rule.name)),
        }
    }
}

/// The answer in the value of `decision`; `by_rule` if that was no default's.
fn decision(value: &Value, place: &Place, by_rule: bool) -> Result<Answer, UnitFailure> {
    let Some(pairs) = value.as_object() else {
        return Err(shape(format!("`decision` is {}, not an object", value.kind().name())));
    };
    let escalates = value.get("escalate").is_some();
    let known: &[&str] =
        if escalates { &["escalate", "reviewers", "reason", "quorum"] } else { &["allow", "reason", "deny"] };
    if let Some((key, _)) =
        pairs.iter().find(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key)))
    {
        return Err(shape(format!("`decision` has the unknown key {}", json::to_string(key))));
    }
    let said = match value.get("reason").or_else(|| value.get("deny")) {
        None => None,
        Some(Value::String(text)) => Some(place.reason(Arc::clone(text))),
        Some(_) => return Err(shape("the reason in `decision` is not a string".to_owned())),
    };
    if escalates {
        return escalation(value, said);
    }
    match (value.get("allow").and_then(Value::as_bool), value.get("deny")) {
        (Some(true), None) => Ok(Answer::Allow { by_rule }),
        (Some(true), Some(_)) => Err(shape("`decision` says both `allow: true` and `deny`".to_owned())),
        (Some(false), _) => {
            Ok(Answer::Deny(vec![said.unwrap_or_else(|| place.reason(ReasonCode::Policy.text().into()))]))
        }
        (None, _) => Err(shape("`decision` does not say `allow` as true or false".to_owned())),
    }
}

fn escalation(value: &Value, reason: Option<Reason>) -> Result<Answer, UnitFailure> {
    if value.get("escalate").and_then(Value::as_bool) != Some(true) {
        return Err(shape("`escalate` in `decision` is not `true`".to_owned()));
    }
    let reviewers = match value.get("reviewers") {
        None => Vec::new(),
        Some(Value::Array(names) | Value::Set(names)) => names
            .iter()
            .map(|name| match name {
                Value::String(name) => Ok(Arc::clone(name)),
                _ => Err(shape("a reviewer in `decision` is not a string".to_owned())),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(shape("`reviewers` in `decision` is not a list".to_owned())),
    };
    let quorum = match value.get("quorum") {
        None => 1,
        Some(n) => n
            .as_i64()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .ok_or_else(|| shape("`quorum` in `decision` is not a whole number above 0".to_owned()))?,
    };
    Ok(Answer::Escalate { reviewers, reasons: reason.into_iter().collect(), quorum })
}
