//! RE2's pattern syntax, as Go reads it, written for the `regex` crate: `\d`, `\w`, `\s` and `\b` mean ASCII,
//! `\Q…\E` quotes, and what the crate adds (class operations, nested classes, verbose mode) is plain text.

/// How often RE2 repeats at most.
const MAX_REPEAT: u32 = 1_000;

/// The pattern for the `regex` crate, or what Go says of it where the crate would take it. What else is not
/// valid stays as it is, for the crate to refuse.
pub(crate) fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    let mut class_start = false;
    // Where the operator begins that has just repeated something.
    let mut repeated = None;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        let at_class_start = std::mem::take(&mut class_start);
        let before = repeated.take();
        rest = match c {
            '\\' => escape(after, in_class, &mut out),
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                match after.strip_prefix('^') {
                    Some(after) => {
                        out.push('^');
                        after
                    }
                    None => after,
                }
            }
            ']' if in_class && at_class_start => {
                out.push_str("\\]");
                after
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                after
            }
            '[' => match posix_class(rest) {
                Some(len) => {
                    out.push_str(rest.get(..len).unwrap_or(""));
                    rest.get(len..).unwrap_or("")
                }
                None => {
                    out.push_str("\\[");
                    after
                }
            },
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
                after
            }
            '{' if !in_class && !is_repetition(after) => {
                out.push_str("\\{");
                after
            }
            '*' | '+' | '?' | '{' if !in_class => {
                let counts = if c == '{' { after.find('}').map_or(0, |at| at + 1) } else { 0 };
                let (operator, left) = rest.split_at_checked(1 + counts).unwrap_or((rest, ""));
                let (lazy, left) = left.strip_prefix('?').map_or(("", left), |left| ("?", left));
                if operator.split(|c: char| !c.is_ascii_digit()).any(is_too_often) {
                    return Err(format!("invalid repeat count: `{operator}`"));
                }
                let start = pattern.len() - rest.len();
                if let Some(first) = before {
                    let both = pattern.get(first..pattern.len() - left.len()).unwrap_or("");
                    return Err(format!("invalid nested repetition operator: `{both}`"));
                }
                out.push_str(operator);
                out.push_str(lazy);
                repeated = Some(start);
                left
            }
            _ => {
                out.push(c);
                after
            }
        };
    }
    Ok(out)
}

fn is_too_often(digits: &str) -> bool {
    !digits.is_empty() && digits.parse().map_or(true, |count: u32| count > MAX_REPEAT)
}

/// What follows a backslash; gives back what is left.
fn escape<'p>(after: &'p str, in_class: bool, out: &mut String) -> &'p str {
    let Some(c) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = after.get(c.len_utf8()..).unwrap_or("");
    let (outside, inside) = match c {
        'd' => ("[0-9]", "0-9"),
        'w' => ("[0-9A-Za-z_]", "0-9A-Za-z_"),
        's' => ("[\\t\\n\\x0C\\r ]", "\\t\\n\\x0C\\r "),
        'D' => ("[^0-9]", "[^0-9]"),
        'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
        'S' => ("[^\\t\\n\\x0C\\r ]", "[^\\t\\n\\x0C\\r ]"),
        'b' if !in_class => ("(?-u:\\b)", ""),
        'Q' => {
            let (quoted, left) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(quoted));
            return left;
        }
        // `\p{Greek}` and `\x{3B1}`: these braces are no repetition.
        'p' | 'P' | 'x' if rest.starts_with('{') => {
            let end = rest.find('}').map_or(rest.len(), |at| at + 1);
            out.push('\\');
            out.push(c);
            out.push_str(rest.get(..end).unwrap_or(""));
            return rest.get(end..).unwrap_or("");
        }
        _ => {
            out.push('\\');
            out.push(c);
            return rest;
        }
    };
    out.push_str(if in_class { inside } else { outside });
    rest
}

/// The length of `[:name:]` at the start. What is no name ends the look ahead, lest many `[` read all that follows.
fn posix_class(text: &str) -> Option<usize> {
    let name = text.strip_prefix("[:")?;
    let after = name.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '^');
    after.starts_with(":]").then_some(name.len() - after.len() + 4)
}

/// True before `2}`, `2,}` or `2,5}`; looks no further than digits go, lest many `{` read all that follows.
fn is_repetition(after: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let low = digits(after);
    let rest = after.get(low..).unwrap_or("");
    let rest = match rest.strip_prefix(',') {
        Some(high) => high.get(digits(high)..).unwrap_or(""),
        None => rest,
    };
    low > 0 && rest.starts_with('}')
}
