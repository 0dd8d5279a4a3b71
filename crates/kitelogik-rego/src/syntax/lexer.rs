//! Tokens of Rego, one at a time.

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Name(Box<str>),
    Number(Box<str>),
    String(Box<str>),
    /// The opening quote of a template string; true for a raw one
    Template(bool),
    /// An operator or a bracket
    Sign(&'static str),
    End,
}

/// A token, where it stands and what precedes it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// White space precedes it
    pub(super) spaced: bool,
    /// A line break precedes it
    pub(super) broken: bool,
}

/// Longest first, so that `:=` is not read as `:`.
const SIGNS: [&str; 29] = [
    ":=", "==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", ":", ";", ",", ".", "(",
    ")", "[", "]", "{", "}", "$\"", "$`", "\"", "`",
];

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads tokens of one source.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s str,
    pub(super) at: usize,
    /// Where comments stand, each once and in order, however often the text is read
    pub(super) comments: Vec<(usize, usize)>,
}

/// What is wrong and where it begins.
pub(super) type Bad = (&'static str, usize);

impl<'s> Lexer<'s> {
    /// Begins behind a byte-order mark.
    pub(super) fn new(text: &'s str) -> Self {
        let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self { text, at, comments: Vec::new() }
    }

    /// What no source may hold, not even in a comment or a string.
    pub(super) fn illegal(&self) -> Option<Bad> {
        let found = self.rest().find(['\0', BYTE_ORDER_MARK])? + self.at;
        let null = self.text.get(found..).is_some_and(|rest| rest.starts_with('\0'));
        Some((if null { "illegal null character" } else { "illegal byte-order mark" }, found))
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token. After an error the place is behind what was wrong, so that reading can go on.
    pub(super) fn next(&mut self) -> Result<Token, Bad> {
        let before = self.at;
        loop {
            let trimmed = self.rest().trim_start_matches([' ', '\t', '\r', '\n']);
            self.at = self.text.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                break;
            }
            let start = self.at;
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            if self.comments.last().is_none_or(|(last, _)| *last < start) {
                self.comments.push((start, self.at));
            }
        }
        let (start, spaced) = (self.at, self.at > before);
        let broken = self.text.get(before..start).is_some_and(|skipped| skipped.contains('\n'));
        let kind = self.kind(start).inspect_err(|_| {
            let rest = self.text.get(start..).unwrap_or_default();
            self.at = self.at.max(start + rest.chars().next().map_or(0, char::len_utf8));
        })?;
        Ok(Token { kind, start, end: self.at, spaced, broken })
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let taken = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += taken;
        rest.get(..taken).unwrap_or_default()
    }

    fn kind(&mut self, start: usize) -> Result<Kind, Bad> {
        let Some(first) = self.rest().chars().next() else { return Ok(Kind::End) };
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Kind::Name(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').into()));
        }
        if first.is_ascii_digit() || self.begins_fraction(start) {
            return self.number(start);
        }
        let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) else {
            return Err((illegal(first), start));
        };
        self.at += sign.len();
        match *sign {
            "$\"" => Ok(Kind::Template(false)),
            "$`" => Ok(Kind::Template(true)),
            "\"" => self.string(start),
            "`" => {
                let rest = self.rest();
                let Some(len) = rest.find('`') else { return Err(("non-terminated string", start)) };
                self.at += len + 1;
                Ok(Kind::String(rest.get(..len).unwrap_or_default().into()))
            }
            sign => Ok(Kind::Sign(sign)),
        }
    }

    /// At a point that is no dot behind a name or a bracket: OPA lets `.5` be a number.
    fn begins_fraction(&self, start: usize) -> bool {
        let mut next = self.rest().bytes();
        let before = self.text.get(..start).unwrap_or_default().bytes().next_back();
        let names = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b')' | b']' | b'}' | b'"' | b'`');
        next.next() == Some(b'.')
            && next.next().is_some_and(|b| b.is_ascii_digit())
            && !before.is_some_and(names)
    }

    fn number(&mut self, start: usize) -> Result<Kind, Bad> {
        let whole = self.take_while(|c| c.is_ascii_digit());
        if self.rest().starts_with('.') {
            self.at += 1;
            if self.take_while(|c| c.is_ascii_digit()).is_empty() {
                return Err(("expected fraction", start));
            }
        }
        if self.rest().starts_with(['e', 'E']) {
            self.at += 1;
            if self.rest().starts_with(['+', '-']) {
                self.at += 1;
            }
            if self.take_while(|c| c.is_ascii_digit()).is_empty() {
                return Err(("expected exponent", start));
            }
        }
        if !self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').is_empty() {
            return Err(("illegal number format", start));
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(("unexpected number token: expected number without leading zero", start));
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let text = if whole.is_empty() { format!("0{text}") } else { text.to_owned() };
        match kitelogik_value::Number::parse(&text) {
            Some(_) => Ok(Kind::Number(text.into())),
            None => Err(("unexpected number token: invalid float", start)),
        }
    }

    fn string(&mut self, start: usize) -> Result<Kind, Bad> {
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\', '\n']).unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Kind::String(text.into()));
                }
                Some(b'\\') => text.push(self.escape().map_err(|(message, _)| (message, start))?),
                _ => return Err(("non-terminated string", start)),
            }
        }
    }

    /// One escape of JSON (RFC 8259, section 7), at the backslash.
    pub(super) fn escape(&mut self) -> Result<char, Bad> {
        let bad = ("illegal escape sequence", self.at);
        let rest = self.rest();
        let plain = match rest.as_bytes().get(1).ok_or(bad)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit =
                    |from: usize| -> Option<u32> { u32::from_str_radix(rest.get(from..from + 4)?, 16).ok() };
                let high = unit(2).ok_or(bad)?;
                self.at += 6;
                if !(0xD800..0xDC00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                let low = rest.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit(8));
                let Some(low) = low.filter(|low| (0xDC00..0xE000).contains(low)) else {
                    return Ok(char::REPLACEMENT_CHARACTER);
                };
                self.at += 6;
                let joined = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(bad),
        };
        self.at += 2;
        Ok(plain)
    }
}

/// What is said of a character that begins no token.
fn illegal(first: char) -> &'static str {
    match first {
        '!' => "illegal ! character",
        '$' => "illegal $ character",
        '\u{a0}' => "illegal non-breaking space character, use a regular space instead",
        _ => "illegal token",
    }
}
