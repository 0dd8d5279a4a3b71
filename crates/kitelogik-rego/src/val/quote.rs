//! Strings in quotes, as Go's `strconv` and so OPA writes them.

/// The text between quotes of a kind; `ascii` escapes everything else.
pub(crate) fn quoted(text: &str, quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(text, quote, ascii, &mut out);
    out
}

/// Appends the text between quotes.
pub(super) fn push_quoted(text: &str, quote: char, ascii: bool, out: &mut String) {
    out.push(quote);
    text.chars().for_each(|c| escape(c, quote, ascii, out));
    out.push(quote);
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
        None if (c.is_ascii() || !ascii) && is_printable(c) => out.push(c),
        None if code < 0x80 => out.push_str(&format!("\\x{code:02x}")),
        None if code < 0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
        None => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// True for letters, marks, numbers, punctuation, symbols and the blank.
pub(crate) fn is_printable(c: char) -> bool {
    // Behind another character Rust escapes what is not printable and nothing else of this.
    c == ' ' || c.is_ascii_graphic() || !c.is_ascii() && format!("a{c}").escape_debug().nth(1) == Some(c)
}
