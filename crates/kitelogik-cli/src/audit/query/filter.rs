//! Which records are asked for: any value of one flag, and each of the flags.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{Span, Timestamp, civil::DateTime, tz::TimeZone};
use kitelogik::{
    audit::LINES,
    model::{Effect, EventKind, ReasonCode},
    value::Value,
};
use std::convert::Infallible;
use wildmatch::WildMatch;

#[derive(clap::Args)]
pub(super) struct Filter {
    /// A tool, as policy or as the model calls it
    #[arg(long, value_name = "NAME", value_parser = pattern)]
    tool: Vec<WildMatch>,
    /// What was decided
    #[arg(long, value_parser = one_of(&[Effect::Allow, Effect::Deny, Effect::Escalate].map(Effect::as_str)))]
    effect: Vec<WildMatch>,
    /// A kind of event or of record
    #[arg(long, value_name = "KIND", value_parser = one_of(&kinds()))]
    event: Vec<WildMatch>,
    /// Why it was decided so
    #[arg(long, value_name = "CODE", value_parser = one_of(&codes()))]
    reason_code: Vec<WildMatch>,
    /// Whom it was done for
    #[arg(long, value_name = "USER", value_parser = pattern)]
    user: Vec<WildMatch>,
    /// A session
    #[arg(long, value_name = "ID", value_parser = pattern)]
    session: Vec<WildMatch>,
    /// A tenant
    #[arg(long, value_name = "TENANT", value_parser = pattern)]
    tenant: Vec<WildMatch>,
    /// An agent, by its id or its role
    #[arg(long, value_name = "AGENT", value_parser = pattern)]
    agent: Vec<WildMatch>,
    /// A decision, and with it its outcome
    #[arg(long, value_name = "ID", value_parser = pattern)]
    decision_id: Vec<WildMatch>,
    /// The policies that decided
    #[arg(long, value_name = "VERSION", value_parser = pattern)]
    policy_version: Vec<WildMatch>,
    /// Not before: a time (RFC 3339; without a zone it is UTC), or how long ago: 90s, 2h, 7d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Before: a time, or how long ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
}

impl Filter {
    /// Whether any time at all is asked for.
    pub(super) fn has_time(&self) -> bool {
        self.since.zip(self.until).is_none_or(|(since, until)| since < until)
    }

    pub(super) fn matches(&self, record: &Value) -> bool {
        let flags: [(&[WildMatch], &[&[&str]]); 10] = [
            (&self.tool, &[&["tool"], &["wire_tool"]]),
            (&self.effect, &[&["decision", "effect"]]),
            (&self.event, &[&["event"]]),
            (&self.reason_code, &[&["decision", "reason_code"]]),
            (&self.user, &[&["session", "user"]]),
            (&self.session, &[&["session", "id"]]),
            (&self.tenant, &[&["session", "tenant"]]),
            (&self.agent, &[&["session", "agent_id"], &["session", "agent_role"]]),
            (&self.decision_id, &[&["decision_id"]]),
            (&self.policy_version, &[&["policy_version"]]),
        ];
        let fits = |(patterns, places): (&[WildMatch], &[&[&str]])| {
            let mut texts = places.iter().filter_map(|place| record.at(place)?.as_str());
            patterns.is_empty() || texts.any(|text| patterns.iter().any(|pattern| pattern.matches(text)))
        };
        flags.into_iter().all(fits) && self.is_in_time(record)
    }

    /// A record that has no time is in none.
    fn is_in_time(&self, record: &Value) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let at =
            record.get("timestamp").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
        at.is_some_and(|at| {
            self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
        })
    }
}

/// Any name, in which `*` and `?` stand for others.
fn pattern(text: &str) -> Result<WildMatch, Infallible> {
    Ok(WildMatch::new(text))
}

fn one_of(words: &[&'static str]) -> impl TypedValueParser<Value = WildMatch> + use<> {
    PossibleValuesParser::new(words.iter().copied()).map(|word| WildMatch::new(&word))
}

fn kinds() -> Vec<&'static str> {
    let decided = EventKind::ALL.iter().map(|kind| kind.as_str()).chain(["invalid"]);
    decided.chain(LINES.iter().flat_map(|line| line.events).copied()).collect()
}

fn codes() -> Vec<&'static str> {
    ReasonCode::ALL.iter().map(|code| code.as_str()).collect()
}

/// A moment, or how long before now.
fn moment(text: &str) -> Result<Timestamp, String> {
    let utc =
        |text: &str| text.parse::<DateTime>()?.to_zoned_datetime(TimeZone::UTC).map(|at| at.timestamp());
    let ago = |text: &str| {
        let ago = text.parse::<Span>()?;
        let now = Timestamp::now().to_zoned_datetime(TimeZone::UTC);
        now.checked_sub(if ago.is_negative() { ago.negate() } else { ago }).map(|at| at.timestamp())
    };
    let time = text.parse().or_else(|_| utc(text)).or_else(|_: jiff::Error| ago(text)).ok();
    // The parser takes a zone's name in brackets, and passes over it.
    time.filter(|_| !text.contains('[')).ok_or_else(|| {
        "neither a time such as 2026-11-22T09:30:00Z or 2026-11-22, nor how long ago such as 2h or 7d"
            .to_owned()
    })
}
