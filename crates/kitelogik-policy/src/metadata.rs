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

use crate::{Diagnostic, Scope, parsed::Parsed, yaml};
use kitelogik_model::Transport;
use kitelogik_value::Value;

const SHAPE: &str =
    "write custom: {kitelogik: {applies_to: {transport: [mcp]}}}, with function, mcp, hosted, http";

/// A METADATA block: its YAML, and where it stands.
struct Block {
    text: String,
    /// The line of `# METADATA`, from 1
    line: u32,
    /// Offset of its end
    end: usize,
}

/// What the file says its unit applies to, if it does.
pub(crate) fn stated_scope(file: &Parsed) -> Result<Option<Scope>, Diagnostic> {
    let mut stated = None;
    for block in blocks(&file.text) {
        // Other tools' metadata is none of our business.
        if !block.text.contains("kitelogik") {
            continue;
        }
        let wrong = |message: &str, line: u32| Diagnostic {
            line,
            column: 1,
            ..Diagnostic::file(&file.path, "invalid_metadata", message, SHAPE)
        };
        let read = yaml::parse(&block.text).map_err(|error| Diagnostic {
            column: error.column + 1,
            ..wrong(&error.message, block.line + error.line)
        })?;
        let Some(ours) = read.at(&["custom", "kitelogik"]) else { continue };
        let package =
            read.get("scope").is_none_or(|scope| matches!(scope.as_str(), Some("package" | "subpackages")));
        if !package || block.end > file.module.package_span.start as usize {
            return Err(wrong("custom.kitelogik belongs above the package clause", block.line));
        }
        let scope = scope(ours).ok_or_else(|| wrong("custom.kitelogik has another shape", block.line))?;
        if stated.replace(scope).is_some() {
            return Err(wrong("a second METADATA block states a scope", block.line));
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

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        at += line.len();
        match line.trim_start().strip_prefix('#') {
            Some(comment) => match &mut open {
                Some(block) => {
                    block.text.push_str(comment);
                    block.end = at;
                }
                None if comment.trim() == "METADATA" => {
                    open = Some(Block { text: String::new(), line: number, end: at });
                }
                None => {}
            },
            None => blocks.extend(open.take()),
        }
    }
    blocks.extend(open);
    blocks
}
