//! The dialect `tako.policy`: one unit for three stages, `pre_chat`, `pre_tool` and `post_chat` (design,
//! section 4).

use crate::{
    ask::{Asking, EntryRule, Members, Said, as_json, shape},
    parsed::Parsed,
    redact, unit,
};
use kitelogik_core::{Answer, UnitFailure, two_values};
use kitelogik_model::{EventKind, ReasonCode};
use kitelogik_rego::Val;
use kitelogik_value::Value;
use std::sync::Arc;

/// What an allowed event obliges to.
type Obligations = Vec<(&'static str, Value)>;

/// The entry rules of a unit.
pub(crate) struct Tako {
    allow: Option<EntryRule>,
    deny: Option<EntryRule>,
    require_approval: Option<EntryRule>,
    force_model: Option<EntryRule>,
    redact_messages: Option<EntryRule>,
    redact_response: Option<EntryRule>,
    /// The rules can only deny or escalate: `allow` undefined means no objection
    only_restricts: bool,
}

impl Tako {
    pub(crate) fn new(entry: &dyn Fn(&'static str) -> Option<EntryRule>, files: &[&Parsed]) -> Self {
        let obliges = ["force_model", "redact_messages", "redact_response"].map(entry);
        let only_restricts = obliges.iter().all(Option::is_none) && unit::allow_only_restricts(files);
        let [force_model, redact_messages, redact_response] = obliges;
        Self {
            allow: entry("allow"),
            deny: entry("deny"),
            require_approval: entry("require_approval"),
            force_model,
            redact_messages,
            redact_response,
            only_restricts,
        }
    }

    /// What the unit says of an event of this kind, and what it obliges to.
    pub(crate) fn answer<'a>(
        &'a self,
        kind: EventKind,
        asking: &mut Asking<'a>,
    ) -> Result<(Answer, Obligations), UnitFailure> {
        let denials = asking.reasons(self.deny.as_ref())?;
        if !denials.is_empty() {
            return Ok((Answer::Deny(denials), Vec::new()));
        }
        let mut answer = self.allowed(asking)?;
        if matches!(answer, Answer::Deny(_)) {
            return Ok((answer, Vec::new()));
        }
        let reasons = asking.reasons(self.require_approval.as_ref())?;
        if !reasons.is_empty() {
            answer = Answer::Escalate { reviewers: Vec::new(), reasons, quorum: 1 };
        }
        let mut obligations = Vec::new();
        if let Some(Members { all: models, place }) =
            asked_of(&self.force_model, EventKind::ModelCall, kind, asking)?
        {
            let [model] = models.as_slice() else {
                let reason = place.reason(two_values("force_model").into());
                return Ok((Answer::Deny(vec![reason]), Vec::new()));
            };
            obligations.push(("force_model", Value::from(Arc::clone(model))));
        }
        for (name, rule, stage) in [
            ("redact_messages", &self.redact_messages, EventKind::ModelCall),
            ("redact_response", &self.redact_response, EventKind::ModelResponse),
        ] {
            if let Some(Members { all: patterns, .. }) = asked_of(rule, stage, kind, asking)? {
                redact::check(&patterns).map_err(|error| failed(format!("`{name}`: {error}")))?;
                obligations.push((name, Value::array(patterns.into_iter().map(Value::from))));
            }
        }
        Ok((answer, obligations))
    }

    /// What `allow` says.
    fn allowed<'a>(&'a self, asking: &mut Asking<'a>) -> Result<Answer, UnitFailure> {
        let said = self.allow.as_ref().map(|rule| asking.ask(rule)).transpose()?;
        match said {
            Some(Said { value: Some(Val::Bool(true)), by_rule, .. }) => Ok(Answer::Allow { by_rule }),
            Some(Said { value: Some(Val::Bool(false)), place, .. }) => {
                Ok(Answer::Deny(vec![place.reason(ReasonCode::Policy.text().into())]))
            }
            None | Some(Said { value: None, .. }) if self.only_restricts => Ok(Answer::Abstain),
            None | Some(Said { value: None, .. }) => Err(asking.undefined("allow")),
            Some(Said { value: Some(other), .. }) => {
                Err(shape(format!("`allow` is {}, not true or false", other.kind().name())))
            }
        }
    }
}

/// The strings in the set of a rule that obliges at one stage, if there are any; an error at another.
fn asked_of<'a>(
    rule: &'a Option<EntryRule>,
    stage: EventKind,
    kind: EventKind,
    asking: &mut Asking<'a>,
) -> Result<Option<Members<Arc<str>>>, UnitFailure> {
    let Some(rule) = rule else { return Ok(None) };
    let Some(Members { all, place }) = asking.members(Some(rule))? else { return Ok(None) };
    let name = rule.name;
    if kind != stage {
        let [here, there] = [kind, stage].map(|kind| kind.stage().unwrap_or_default());
        return Err(failed(format!("`{name}` asks at {here} for what can be done at {there} only")));
    }
    let text = |member: Val<'_>| match member {
        Val::Str(text) => Ok(Arc::from(text)),
        other => Err(shape(format!("`{name}` holds {}, which is no string", as_json(other)?))),
    };
    Ok(Some(Members { all: all.into_iter().map(text).collect::<Result<_, _>>()?, place }))
}

fn failed(detail: String) -> UnitFailure {
    UnitFailure { code: ReasonCode::PolicyError, detail }
}
