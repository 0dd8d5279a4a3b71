//! The scope that a file states: `custom.kitelogik.applies_to` in the METADATA block of its package.
//!
//! ```rego
//! # METADATA
//! # custom:
//! #   kitelogik:
//! #     applies_to:
//! #       transport: [mcp, hosted]
//! package kitelogik.tool_call
//! ```

use crate::{Diagnostic, Scope, parsed::Parsed};
use kitelogik_model::Transport;
use kitelogik_rego::syntax::annotations::Scope as About;
use kitelogik_value::Value;

const SHAPE: &str =
    "write custom: {kitelogik: {applies_to: {transport: [mcp]}}}, with function, mcp, hosted, http";

/// What the file says its unit applies to, if it does.
pub(crate) fn stated_scope(file: &Parsed) -> Result<Option<Scope>, Diagnostic> {
    let mut stated = None;
    for block in &file.module.annotations {
        let Some(ours) = block.custom.get("kitelogik") else { continue };
        let wrong = |message| Err(file.at(block.span, "invalid_metadata", message, SHAPE));
        if block.rule.is_some() || !matches!(block.scope, About::Package | About::Subpackages) {
            return wrong("custom.kitelogik belongs above the package clause");
        }
        let Some(scope) = scope(ours) else { return wrong("custom.kitelogik has another shape") };
        if stated.replace(scope).is_some() {
            return wrong("a second METADATA block states a scope");
        }
    }
    Ok(stated)
}

/// `{applies_to: {transport: …}}`
fn scope(ours: &Value) -> Option<Scope> {
    let only = |value: &Value, key: &str| {
        value.as_object().filter(|pairs| pairs.len() == 1).and_then(|_| value.get(key)).cloned()
    };
    let named = only(&only(ours, "applies_to")?, "transport")?;
    let words = match named.as_array() {
        Some(words) => words.to_vec(),
        None => vec![named],
    };
    let mut transports: Vec<Transport> =
        words.iter().map(|word| word.as_str().and_then(Transport::parse)).collect::<Option<_>>()?;
    transports.sort();
    transports.dedup();
    (!transports.is_empty()).then_some(Scope { transports, inferred: false })
}
