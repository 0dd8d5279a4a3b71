//! The dialect `kitelogik.<event>`: what the values of `decision` and `deny` mean (design, section 4).

use crate::{
    ask::{Asking, EntryRule, Place, Said, as_json, shape},
    parsed::Parsed,
    unit,
};
use kitelogik_core::{Answer, Reason, UnitFailure};
use kitelogik_model::ReasonCode;
use kitelogik_rego::Val;
use kitelogik_value::Value;
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
    pub(crate) fn answer<'a>(&'a self, asking: &mut Asking<'a>) -> Result<Answer, UnitFailure> {
        let denials = asking.reasons(self.deny.as_ref())?;
        if !denials.is_empty() {
            return Ok(Answer::Deny(denials));
        }
        let Some(rule) = &self.decision else { return Ok(Answer::Abstain) };
        let Said { value, place, by_rule } = asking.ask(rule)?;
        match value {
            Some(value) => decision(value, &place, by_rule),
            None if self.only_restricts => Ok(Answer::Abstain),
            None => Err(asking.undefined(rule.name)),
        }
    }
}

/// Why this value of `decision` can be no decision, if it cannot.
pub(crate) fn misshapen(value: &Value) -> Option<String> {
    decision(Val::from_value(value), &Place::default(), true).err().map(|failure| failure.detail)
}

/// The answer in the value of `decision`; `by_rule` if that was no default's.
fn decision(value: Val<'_>, place: &Place, by_rule: bool) -> Result<Answer, UnitFailure> {
    let Some(pairs) = value.as_object() else {
        return Err(shape(format!("`decision` is {}, not an object", value.kind().name())));
    };
    let escalates = value.get_str("escalate").is_some();
    let known: &[&str] =
        if escalates { &["escalate", "reviewers", "reason", "quorum"] } else { &["allow", "reason", "deny"] };
    if let Some((key, _)) =
        pairs.iter().find(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key)))
    {
        return Err(shape(format!("`decision` has the unknown key {}", as_json(key)?)));
    }
    let said = match value.get_str("reason").or_else(|| value.get_str("deny")) {
        None => None,
        Some(Val::Str(text)) => Some(place.reason(text.into())),
        Some(_) => return Err(shape("the reason in `decision` is not a string".to_owned())),
    };
    if escalates {
        return escalation(value, said);
    }
    match (value.get_str("allow").and_then(Val::as_bool), value.get_str("deny")) {
        (Some(true), None) => Ok(Answer::Allow { by_rule }),
        (Some(true), Some(_)) => Err(shape("`decision` says both `allow: true` and `deny`".to_owned())),
        (Some(false), _) => {
            Ok(Answer::Deny(vec![said.unwrap_or_else(|| place.reason(ReasonCode::Policy.text().into()))]))
        }
        (None, _) => Err(shape("`decision` does not say `allow` as true or false".to_owned())),
    }
}

fn escalation(value: Val<'_>, reason: Option<Reason>) -> Result<Answer, UnitFailure> {
    if value.get_str("escalate").and_then(Val::as_bool) != Some(true) {
        return Err(shape("`escalate` in `decision` is not `true`".to_owned()));
    }
    let reviewers = match value.get_str("reviewers") {
        None => Vec::new(),
        Some(Val::Array(names)) => names.iter().map(reviewer).collect::<Result<_, _>>()?,
        Some(Val::Set(names)) => names.iter().map(reviewer).collect::<Result<_, _>>()?,
        Some(_) => return Err(shape("`reviewers` in `decision` is not a list".to_owned())),
    };
    let quorum = match value.get_str("quorum") {
        None => 1,
        Some(n) => whole(n)
            .filter(|n| *n > 0)
            .ok_or_else(|| shape("`quorum` in `decision` is not a whole number above 0".to_owned()))?,
    };
    Ok(Answer::Escalate { reviewers, reasons: reason.into_iter().collect(), quorum })
}

fn reviewer(name: Val<'_>) -> Result<Arc<str>, UnitFailure> {
    name.as_str().map(Arc::from).ok_or_else(|| shape("a reviewer in `decision` is not a string".to_owned()))
}

/// A number that was written as a whole one.
fn whole(number: Val<'_>) -> Option<u32> {
    match number {
        Val::Int(int) => u32::try_from(int).ok(),
        _ => None,
    }
}
