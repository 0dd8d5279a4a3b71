//! What the caller of `crypto.x509.parse_and_verify_certificates_with_options` asks.

use super::{chain::Asked, usage};
use crate::{
    builtin::BuiltinError,
    val::{Object, Val},
};

/// Reads the options; what is not given is asked as Go asks it: now, of a server.
pub(super) fn read<'a>(options: Object<'a>, now_ns: i64) -> Result<Asked<'a>, BuiltinError> {
    let mut asked = Asked { host: "", now_ns, usages: Vec::new() };
    let wrong = |what: &str| Err(BuiltinError::failed(what));
    for (name, value) in options.iter() {
        match (name, value) {
            (Val::Str("DNSName"), Val::Str(host)) => asked.host = host.trim_matches('"'),
            (Val::Str("DNSName"), _) => return wrong("'DNSName' should be a string"),
            (Val::Str("CurrentTime"), Val::Int(_) | Val::Num(_)) => match value.as_i64() {
                Some(time) => asked.now_ns = time,
                None => return wrong("'CurrentTime' should be a valid int64 number"),
            },
            (Val::Str("CurrentTime"), _) => return wrong("'CurrentTime' should be a number"),
            // Name constraints are compared one by one; steps bound it.
            (Val::Str("MaxConstraintComparisons"), Val::Int(_) | Val::Num(_)) => {
                let valid = value.as_i64().is_some();
                valid.then_some(()).ok_or_else(|| {
                    BuiltinError::failed("'MaxConstraintComparisons' should be a valid number")
                })?;
            }
            (Val::Str("MaxConstraintComparisons"), _) => {
                return wrong("'MaxConstraintComparisons' should be a number");
            }
            (Val::Str("KeyUsages"), Val::Array(_) | Val::Set(_)) => asked.usages = usages(value)?,
            (Val::Str("KeyUsages"), _) => return wrong("'KeyUsages' should be an Array or Set"),
            (Val::Str(_), _) => return wrong("invalid key option"),
            _ => {}
        }
    }
    Ok(asked)
}

fn usages(value: Val<'_>) -> Result<Vec<i64>, BuiltinError> {
    let names: Vec<&str> = match value {
        Val::Array(names) => names.iter().filter_map(Val::as_str).collect(),
        Val::Set(names) => names.iter().filter_map(Val::as_str).collect(),
        _ => Vec::new(),
    };
    let names = names.into_iter().map(|name| name.trim_matches('"'));
    let (known, unknown): (Vec<_>, Vec<_>) =
        names.map(|name| (name, usage::of_name(name))).partition(|(_, number)| number.is_some());
    if unknown.is_empty() {
        return Ok(known.into_iter().filter_map(|(_, number)| number).collect());
    }
    let unknown: Vec<&str> = unknown.into_iter().map(|(name, _)| name).collect();
    Err(BuiltinError::failed(format!("invalid entries for 'KeyUsages' found: [{}]", unknown.join(" "))))
}
