//! Combination: deny > escalate > allow; all reasons; obligations united (design, section 4).
//!
//! A fold over a set: the order of the findings changes nothing, and a finding said twice says no more than
//! once. An allow can never outvote anything.

use crate::{Answer, Finding, Reason, UnitFailure};
use kitelogik_model::{Effect, Match, ReasonCode};
use kitelogik_value::Value;
use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// Reasons of one decision; further ones are counted.
pub const MAX_REASONS: usize = 256;
/// Bytes of one reason; a longer one is cut.
pub const MAX_REASON_BYTES: usize = 4 << 10;

/// One escalating unit's call for approval.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The unit
    pub unit: Arc<str>,
    /// Who may approve; empty means the group `reviewer`
    pub reviewers: Vec<Arc<str>>,
    /// How many must
    pub quorum: u32,
}

/// The findings as one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Combined {
    /// The effect
    pub effect: Effect,
    /// Why, in one word
    pub code: ReasonCode,
    /// Every reason, of denies first, then of escalations; by file and line within each
    pub reasons: Vec<Arc<str>>,
    /// What the escalating units ask for
    pub requirements: Vec<Requirement>,
    /// United obligations; an object
    pub obligations: Value,
    /// Rules that fired, in order
    pub matched: Vec<Match>,
    /// True if a unit allows it by a rule that is no `default`, whatever the others say
    pub by_rule: bool,
    /// True if a unit that read a session counter denies it
    pub by_counters: bool,
    /// For the operator: how units failed
    pub detail: Vec<String>,
}

impl Combined {
    /// Makes it a denial of which policy said nothing.
    pub(crate) fn deny(&mut self, code: ReasonCode) {
        self.effect = Effect::Deny;
        self.code = code;
        self.reasons = vec![code.text().into()];
        self.obligations = Value::object::<&str>([]);
    }
}

/// Combines what the units that apply say. No finding at all is an allow that says `ungoverned`; the caller
/// knows whether that may stand.
pub fn combine(findings: &[Finding]) -> Combined {
    let mut denies: Vec<Reason> = Vec::new();
    let mut escalations: Vec<Reason> = Vec::new();
    let mut failures: Vec<&UnitFailure> = Vec::new();
    let mut requirements = Vec::new();
    let mut denied = false;
    for finding in findings {
        match &finding.answer {
            Ok(Answer::Abstain | Answer::Allow { .. }) => {}
            Ok(Answer::Deny(reasons)) => {
                denied = true;
                denies.extend(reasons.iter().cloned());
            }
            Ok(Answer::Escalate { reviewers, reasons, quorum }) => {
                escalations.extend(reasons.iter().cloned());
                let mut reviewers = reviewers.clone();
                reviewers.sort();
                reviewers.dedup();
                let unit = Arc::clone(&finding.unit);
                requirements.push(Requirement { unit, reviewers, quorum: (*quorum).max(1) });
            }
            Err(failure) => failures.push(failure),
        }
    }
    let by_rule = findings.iter().any(|f| f.answer == Ok(Answer::Allow { by_rule: true }));
    let by_counters = findings.iter().any(|f| f.read_counters && matches!(f.answer, Ok(Answer::Deny(_))));
    let (obligations, clash) = unite(findings);
    if let Some(key) = clash {
        denied = true;
        denies.push(Reason { file: "".into(), line: 0, text: two_values(&key).into() });
    }
    let mut matched: Vec<Match> = findings.iter().flat_map(|f| f.matched.iter().cloned()).collect();
    ordered(&mut matched);
    spoken(&mut denies);
    spoken(&mut escalations);
    ordered(&mut requirements);
    failures.sort_by_key(|f| (rank(f.code), f.detail.as_str()));
    failures.dedup();

    let (effect, code) = if denied {
        (Effect::Deny, ReasonCode::Policy)
    } else if let Some(failure) = failures.first() {
        (Effect::Deny, failure.code)
    } else if !requirements.is_empty() {
        (Effect::Escalate, ReasonCode::ApprovalRequired)
    } else if findings.is_empty() {
        (Effect::Allow, ReasonCode::Ungoverned)
    } else {
        (Effect::Allow, ReasonCode::Allowed)
    };
    // What another unit escalates for does not say why it is denied.
    let unexplained = denied && denies.is_empty();
    let mut reasons: Vec<Arc<str>> = denies.into_iter().map(|r| r.text).collect();
    reasons.extend(failures.iter().map(|f| f.code.text().into()));
    reasons.extend(escalations.into_iter().map(|r| r.text));
    distinct(&mut reasons);
    if effect == Effect::Allow {
        reasons.clear();
    } else if reasons.is_empty() || unexplained {
        reasons.insert(0, code.text().into());
        distinct(&mut reasons);
    }
    // What is denied obliges nobody; and of two clashing values neither may show.
    let obligations = if effect == Effect::Deny { Value::object::<&str>([]) } else { obligations };
    let detail = failures.iter().map(|f| f.detail.clone()).collect();
    Combined { effect, code, reasons, requirements, obligations, matched, by_rule, by_counters, detail }
}

/// The reason of the denial where policies ask for two different values of one obligation.
pub fn two_values(obligation: &str) -> String {
    format!("policies ask for two different values of {obligation}")
}

/// The stricter of two answers to the same event; both contribute their reasons.
pub(crate) fn stricter(a: Combined, b: Combined) -> Combined {
    let (mut first, mut second) = if b.effect > a.effect { (b, a) } else { (a, b) };
    if first.effect != Effect::Deny && second.obligations != first.obligations {
        // Two spellings of one action under two sets of obligations: neither would be the whole, neither now
        // nor once a reviewer approves.
        first.deny(ReasonCode::PolicyError);
    }
    if first.effect == second.effect {
        first.reasons.append(&mut second.reasons);
        distinct(&mut first.reasons);
        first.requirements.append(&mut second.requirements);
        ordered(&mut first.requirements);
    }
    first.by_rule &= second.by_rule;
    first.by_counters |= second.by_counters;
    first.matched.append(&mut second.matched);
    ordered(&mut first.matched);
    first.detail.append(&mut second.detail);
    first
}

/// Later means less urgent.
fn rank(code: ReasonCode) -> u8 {
    match code {
        ReasonCode::PolicyError => 0,
        ReasonCode::Unavailable => 1,
        _ => 2,
    }
}

fn ordered<T: Ord>(items: &mut Vec<T>) {
    items.sort();
    items.dedup();
}

/// In order, less the texts that say nothing: the code's own text then stands in their place.
fn spoken(reasons: &mut Vec<Reason>) {
    reasons.retain(|reason| !reason.text.trim().is_empty());
    for reason in reasons.iter_mut().filter(|reason| reason.text.len() > MAX_REASON_BYTES) {
        reason.text = (*cut(&reason.text, MAX_REASON_BYTES)).into();
    }
    ordered(reasons);
}

/// A text of at most `most` bytes; one that was cut ends in `…`.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    const MORE: &str = "…";
    if text.len() <= most {
        return text.into();
    }
    let end = text.floor_char_boundary(most.saturating_sub(MORE.len()));
    (text.get(..end).unwrap_or_default().to_owned() + MORE).into()
}

/// Policies may have a reason for each of many arguments: the first ones are said, and how many there are.
pub(crate) fn bounded(reasons: &mut Vec<Arc<str>>) {
    if reasons.len() > MAX_REASONS {
        let more = reasons.len() - (MAX_REASONS - 1);
        reasons.truncate(MAX_REASONS - 1);
        reasons.push(format!("and {more} more reasons").into());
    }
}

fn distinct(reasons: &mut Vec<Arc<str>>) {
    let mut seen = HashSet::with_capacity(reasons.len());
    reasons.retain(|reason| seen.insert(Arc::clone(reason)));
}

/// The union of the obligations, and the key under which two units want different things. Lists are united.
fn unite(findings: &[Finding]) -> (Value, Option<String>) {
    let mut united: Vec<(Value, Value)> = Vec::new();
    let mut clash: Option<String> = None;
    for (key, value) in findings.iter().filter_map(|f| f.obligations.as_object()).flatten() {
        match united.iter_mut().find(|(k, _)| k == key) {
            None => united.push((key.clone(), sorted(value))),
            Some((_, have)) => match (have.as_array(), value.as_array()) {
                (Some(a), Some(b)) => *have = sorted(&Value::array(a.iter().chain(b).cloned())),
                _ if have == value => {}
                _ => {
                    let name = key.as_str().unwrap_or_default().to_owned();
                    // The first in order, whatever the order of the units.
                    clash = Some(clash.map_or(name.clone(), |c| c.min(name)));
                }
            },
        }
    }
    (Value::object(united), clash)
}

fn sorted(value: &Value) -> Value {
    match value.as_array() {
        Some(items) => {
            let mut items = items.to_vec();
            ordered(&mut items);
            Value::array(items)
        }
        None => value.clone(),
    }
}
