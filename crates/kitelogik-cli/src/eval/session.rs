//! The session that an event document describes: identity, counters, parent.

use kitelogik::{
    model::{Counters, Identity, SessionView, Timestamp},
    value::{Number, Value},
};
use std::sync::Arc;

/// Calls that a policy can look back on.
const MAX_CALLS: usize = 100;

/// A key that cannot be meant.
pub(super) struct Wrong {
    pub(super) path: Vec<String>,
    expected: &'static str,
}

impl Wrong {
    pub(super) fn message(&self) -> String {
        format!("`{}` must be {}", self.path.join("."), self.expected)
    }
}

/// An object of the document, whose keys are taken one by one.
struct Part<'d> {
    name: &'static str,
    object: Option<&'d Value>,
    known: Vec<&'static str>,
}

impl<'d> Part<'d> {
    fn of(document: &'d Value, name: &'static str) -> Result<Self, Wrong> {
        let object = document.get(name);
        if object.is_some_and(|value| value.as_object().is_none()) {
            return Err(Wrong { path: vec![name.to_owned()], expected: "an object" });
        }
        Ok(Self { name, object, known: Vec::new() })
    }

    /// The value of a key, as `read` reads it.
    fn take<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'d Value) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        self.known.push(key);
        let Some(value) = self.object.and_then(|object| object.get(key)) else { return Ok(None) };
        let wrong = || Wrong { path: vec![self.name.to_owned(), key.to_owned()], expected };
        read(value).map(Some).ok_or_else(wrong)
    }

    fn text(&mut self, key: &'static str) -> Result<Option<Arc<str>>, Wrong> {
        self.take(key, "a string", text)
    }

    /// Refuses the keys that were not asked for.
    fn end(self) -> Result<(), Wrong> {
        let mut keys = self.object.and_then(Value::as_object).unwrap_or_default().iter();
        match keys.find(|(key, _)| !key.as_str().is_some_and(|key| self.known.contains(&key))) {
            None => Ok(()),
            Some((key, _)) => {
                let path = vec![self.name.to_owned(), key.as_str().unwrap_or_default().to_owned()];
                Err(Wrong { path, expected: "left out: there is no such key" })
            }
        }
    }
}

/// Reads `session`, `principal` and `parent`. What is not said is empty, zero, or the tenant `default`.
pub(super) fn read(document: &Value, spawns: bool) -> Result<SessionView, Wrong> {
    let mut session = Part::of(document, "session")?;
    let mut principal = Part::of(document, "principal")?;
    let mut parent = Part::of(document, "parent")?;
    let tenant = same(session.text("tenant")?, principal.text("tenant_id")?, "tenant_id")?;
    let user = same(session.text("user")?, principal.text("user_id")?, "user_id")?;
    let identity = Identity {
        tenant: tenant.unwrap_or_else(|| "default".into()),
        user,
        agent_id: session.text("agent_id")?,
        agent_role: session.text("agent_role")?,
        roles: principal.take("roles", "a list of strings", texts)?.unwrap_or_default(),
        scope: session.take("scope", "a list of strings", texts)?,
    };
    let whole = "a whole number from 0";
    let counters = Counters {
        tokens_spent: session.take("tokens_spent", whole, count)?.unwrap_or_default(),
        cost_spent: session
            .take("cost_spent", "a number", |value| value.as_number().cloned())?
            .filter(nonzero),
        tool_call_count: session
            .take("tool_call_count", "an object of whole numbers", |value| {
                value.as_object()?.iter().map(|(tool, n)| Some((text(tool)?, count(n)?))).collect()
            })?
            .unwrap_or_default(),
        tool_calls: session
            .take("tool_calls", "a list of at most 100 objects", |value| {
                let calls = value.as_array()?;
                let fine = calls.len() <= MAX_CALLS && calls.iter().all(|call| call.as_object().is_some());
                fine.then(|| calls.to_vec())
            })?
            .unwrap_or_default(),
        version: 0,
    };
    let started_at =
        session.take("started_at", "a time such as 2026-11-22T09:30:00Z", |value| time(value.as_str()?))?;
    let own = session.text("id")?.unwrap_or_else(|| "eval".into());
    let above = parent.text("id")?;
    let depth = parent.take("depth", whole, count)?;
    session.end()?;
    principal.end()?;
    parent.end()?;
    // Who spawns is the parent of what it spawns; everyone else has one above them.
    let (id, above, depth) = if spawns {
        (above.unwrap_or(own), None, depth.unwrap_or_default())
    } else if document.get("parent").is_some() {
        let above = above.unwrap_or_else(|| "parent".into());
        (own, Some(above), depth.unwrap_or_default().saturating_add(1))
    } else {
        (own, None, 0)
    };
    let started_at = started_at.unwrap_or_default();
    Ok(SessionView { id, identity: Arc::new(identity), parent: above, depth, started_at, seq: 0, counters })
}

/// A fact that `session` and `principal` both may say.
fn same(a: Option<Arc<str>>, b: Option<Arc<str>>, key: &str) -> Result<Option<Arc<str>>, Wrong> {
    match (&a, &b) {
        (Some(one), Some(other)) if one != other => {
            let path = vec!["principal".to_owned(), key.to_owned()];
            Err(Wrong { path, expected: "the same as in `session`" })
        }
        _ => Ok(a.or(b)),
    }
}

fn text(value: &Value) -> Option<Arc<str>> {
    value.as_str().map(Arc::from)
}

fn texts(value: &Value) -> Option<Vec<Arc<str>>> {
    value.as_array()?.iter().map(text).collect()
}

fn count(value: &Value) -> Option<u64> {
    value.as_i64().and_then(|n| u64::try_from(n).ok())
}

fn nonzero(number: &Number) -> bool {
    number.to_f64() != 0.0
}

/// `2026-11-22T09:30:00.123456Z`, with or without a fraction.
fn time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let micros = format!("{fraction:0<6}").get(..6)?.parse::<u64>().ok()?;
    let fine = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fine || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years are counted from 1 March, so that the leap day comes last.
    let (shifted, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * from_march + 2) / 5 + day;
    let seconds = ((days.checked_sub(719_469)? * 24 + hour) * 60 + minute) * 60 + second;
    let read = Timestamp(seconds * 1_000_000 + micros);
    // The thirtieth of February would come out as another day.
    read.to_string().starts_with(text.get(..10)?).then_some(read)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::time;

    #[test]
    fn times_are_read_as_they_are_printed() {
        for text in
            ["1970-01-01T00:00:00.000000Z", "2000-02-29T23:59:59.999999Z", "2026-11-24T10:15:00.120000Z"]
        {
            assert_eq!(time(text).unwrap().to_string(), text);
        }
        assert_eq!(time("2026-11-24T10:15:00Z").unwrap(), time("2026-11-24T10:15:00.0Z").unwrap());
        for text in
            ["", "2026-11-24", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T10:15:00+01:00"]
        {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
