//! Strings, and characters as Go quotes them.

use super::format::Spec;

/// The text for a verb; `None` where Go has none for strings.
pub(super) fn shown(text: &str, verb: char, spec: &Spec) -> Option<String> {
    Some(match verb {
        'v' if spec.source => spec.pad(&quoted(spec.cut(text), false)),
        's' | 'v' => spec.pad(spec.cut(text)),
        'q' => {
            let cut = spec.cut(text);
            match spec.sharp && can_be_raw(cut) {
                true => spec.pad(&format!("`{cut}`")),
                false => spec.pad(&quoted(cut, spec.plus)),
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

/// A string in quotes.
fn quoted(text: &str, ascii: bool) -> String {
    let mut out = String::from('"');
    text.chars().for_each(|c| escape(c, '"', ascii, &mut out));
    out.push('"');
    out
}

/// A character in quotes.
pub(super) fn quoted_rune(c: char, ascii: bool) -> String {
    let mut out = String::from('\'');
    escape(c, '\'', ascii, &mut out);
    out.push('\'');
    out
}

fn escape(c: char, quote: char, ascii: bool, out: &mut String) {
    let short = match c {
        '\x07' => Some('a'),
        '\x08' => Some('b'),
        '\x0b' => Some('v'),
        '\x0c' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        c => (c == quote || c == '\\').then_some(c),
    };
    let code = u32::from(c);
    match short {
        Some(short) => {
            out.push('\\');
            out.push(short);
        }
        None if is_printable(c) && (c.is_ascii() || !ascii) => out.push(c),
        None if code < 0x80 => out.push_str(&format!("\\x{code:02x}")),
        None if code < 0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
        None => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// True for letters, marks, numbers, punctuation, symbols and the blank.
pub(super) fn is_printable(c: char) -> bool {
    // Behind another character Rust escapes what is not printable and nothing else.
    c == '\'' || c == '"' || c == '\\' || format!("a{c}").escape_debug().nth(1) == Some(c)
}

/// True if the string can stand between backquotes.
fn can_be_raw(text: &str) -> bool {
    text.chars().all(|c| !matches!(c, '`' | '\x7f' | '\u{feff}') && (c >= ' ' || c == '\t'))
}
