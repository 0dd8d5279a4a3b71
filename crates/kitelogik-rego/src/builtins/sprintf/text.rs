//! Strings.

use super::format::Spec;
use crate::val::quoted;

/// The text for a verb; `None` where Go has none for strings.
pub(super) fn shown(text: &str, verb: char, spec: &Spec) -> Option<String> {
    Some(match verb {
        'v' if spec.source => spec.pad(&quoted(spec.cut(text), '"', false)),
        's' | 'v' => spec.pad(spec.cut(text)),
        'q' => {
            let cut = spec.cut(text);
            match spec.sharp && can_be_raw(cut) {
                true => spec.pad(&format!("`{cut}`")),
                false => spec.pad(&quoted(cut, '"', spec.plus)),
            }
        }
        'x' => hexadecimal(text, "0x", spec),
        'X' => hexadecimal(text, "0X", spec).to_uppercase(),
        _ => return None,
    })
}

/// Two digits a byte; the precision counts bytes.
fn hexadecimal(text: &str, prefix: &str, spec: &Spec) -> String {
    let prefix = if spec.sharp { prefix } else { "" };
    let bytes = text.as_bytes().iter().take(spec.precision.unwrap_or(usize::MAX));
    let bytes: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    if bytes.is_empty() {
        return spec.pad("");
    }
    let shown = if spec.space { bytes.join(&format!(" {prefix}")) } else { bytes.concat() };
    spec.pad(&format!("{prefix}{shown}"))
}

/// True if the string can stand between backquotes.
fn can_be_raw(text: &str) -> bool {
    text.chars().all(|c| !matches!(c, '`' | '\x7f' | '\u{feff}') && (c >= ' ' || c == '\t'))
}
