//! A pull tokenizer that checks the grammar as it goes. It keeps one bit a level and calls itself never.

use super::{Error, ErrorKind, Limits, plain::plain_len};
use crate::MAX_DEPTH;
use std::borrow::Cow;

/// One step through a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'de> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number's literal, known to fit the grammar but for its exponent's bound (see `Number::parse`)
    Number(&'de str),
    /// A string's text; borrowed where it had no escapes
    String(Cow<'de, str>),
    /// The name of the member whose value comes next
    Key(Cow<'de, str>),
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// The document is over and nothing but white space follows it
    End,
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    CommaOrEnd,
    Eof,
}

/// A pull tokenizer over one document.
///
/// ```
/// use kitelogik_value::json::{Limits, Reader, Token};
///
/// let mut reader = Reader::new(b"[1]", &Limits::EVENT)?;
/// assert_eq!(reader.next_token()?, Token::ArrayStart);
/// assert_eq!(reader.next_token()?, Token::Number("1"));
/// assert_eq!(reader.next_token()?, Token::ArrayEnd);
/// assert_eq!(reader.next_token()?, Token::End);
/// # Ok::<(), kitelogik_value::json::Error>(())
/// ```
pub struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// True for an object, false for an array; the innermost last.
    open: Vec<bool>,
    /// What the innermost one is; false where none is open
    in_object: bool,
    max_depth: usize,
    expect: Expect,
}

impl<'de> Reader<'de> {
    /// Opens a document. Refuses one that is too large or not UTF-8.
    pub fn new(input: &'de [u8], limits: &Limits) -> Result<Self, Error> {
        if input.len() > limits.max_bytes {
            return Err(Error::at(ErrorKind::TooLarge { limit: limits.max_bytes }, &[], 0));
        }
        let text =
            std::str::from_utf8(input).map_err(|e| Error::at(ErrorKind::NotUtf8, input, e.valid_up_to()))?;
        let max_depth = limits.max_depth.min(MAX_DEPTH);
        Ok(Self { text, at: 0, open: Vec::new(), in_object: false, max_depth, expect: Expect::Value })
    }

    /// How many bytes were read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// An error at the place that was reached, for callers that refuse what the grammar allows.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::at(kind, self.text.as_bytes(), self.at)
    }

    /// The next token; after [`Token::End`] it is `End` again.
    pub fn next_token(&mut self) -> Result<Token<'de>, Error> {
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else {
                return if self.expect == Expect::Eof {
                    Ok(Token::End)
                } else {
                    Err(self.error(ErrorKind::Expected(self.wanted())))
                };
            };
            match (self.expect, byte) {
                (Expect::ValueOrEnd, b']') | (Expect::KeyOrEnd, b'}') => return Ok(self.close()),
                (Expect::CommaOrEnd, b']') if !self.in_object => return Ok(self.close()),
                (Expect::CommaOrEnd, b'}') if self.in_object => return Ok(self.close()),
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expect = if self.in_object { Expect::Key } else { Expect::Value };
                }
                (Expect::Value | Expect::ValueOrEnd, _) => return self.value(byte),
                (Expect::Key | Expect::KeyOrEnd, b'"') => return self.key(),
                _ => return Err(self.error(ErrorKind::Expected(self.wanted()))),
            }
        }
    }

    fn wanted(&self) -> &'static str {
        match self.expect {
            Expect::Value => "a value",
            Expect::ValueOrEnd => "a value or `]`",
            Expect::KeyOrEnd => "a key or `}`",
            Expect::Key => "a key",
            Expect::CommaOrEnd if self.in_object => "`,` or `}`",
            Expect::CommaOrEnd => "`,` or `]`",
            Expect::Eof => "nothing after the value",
        }
    }

    fn bytes(&self) -> &'de [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Eof } else { Expect::CommaOrEnd };
    }

    fn close(&mut self) -> Token<'de> {
        self.at += 1;
        let object = self.open.pop() == Some(true);
        self.in_object = self.open.last() == Some(&true);
        self.after_value();
        if object { Token::ObjectEnd } else { Token::ArrayEnd }
    }

    fn start(&mut self, object: bool) -> Result<Token<'de>, Error> {
        if self.open.len() >= self.max_depth {
            return Err(self.error(ErrorKind::TooDeep { limit: self.max_depth }));
        }
        self.at += 1;
        self.open.push(object);
        self.in_object = object;
        self.expect = if object { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
        Ok(if object { Token::ObjectStart } else { Token::ArrayStart })
    }

    fn value(&mut self, first: u8) -> Result<Token<'de>, Error> {
        let token = match first {
            b'{' => return self.start(true),
            b'[' => return self.start(false),
            b'"' => Token::String(self.string()?),
            b't' => self.word("true", Token::Bool(true))?,
            b'f' => self.word("false", Token::Bool(false))?,
            b'n' => self.word("null", Token::Null)?,
            b'-' | b'0'..=b'9' => Token::Number(self.number()?),
            _ => return Err(self.error(ErrorKind::Expected(self.wanted()))),
        };
        self.after_value();
        Ok(token)
    }

    fn word(&mut self, word: &'static str, token: Token<'de>) -> Result<Token<'de>, Error> {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.error(ErrorKind::Expected(self.wanted())));
        }
        self.at += word.len();
        Ok(token)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<&'de str, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut good = whole > 0 && !(leading_zero && whole > 1);
        if self.peek() == Some(b'.') {
            self.at += 1;
            good &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            good &= self.digits() > 0;
        }
        match self.text.get(start..self.at) {
            Some(text) if good => Ok(text),
            _ => {
                self.at = start;
                Err(self.error(ErrorKind::BadNumber))
            }
        }
    }

    fn key(&mut self) -> Result<Token<'de>, Error> {
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error(ErrorKind::Expected("`:`")));
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Key(key))
    }

    /// Reads a string from its opening quote.
    fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        self.at += 1;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let plain = plain_len(rest.as_bytes());
        self.at += plain;
        let run = rest.get(..plain).unwrap_or_default();
        match rest.as_bytes().get(plain) {
            Some(b'"') => {
                self.at += 1;
                Ok(Cow::Borrowed(run))
            }
            _ => self.rest_of_string(run.to_owned()).map(Cow::Owned),
        }
    }

    /// Reads on in a string that is not plain to its end.
    fn rest_of_string(&mut self, mut text: String) -> Result<String, Error> {
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.error(ErrorKind::BadString("a control character"))),
                None => return Err(self.error(ErrorKind::BadString("no end"))),
            }
            let start = self.at;
            self.plain_run();
            text.push_str(self.text.get(start..self.at).unwrap_or_default());
        }
    }

    /// Skips to the next quote, backslash or control character.
    fn plain_run(&mut self) {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        self.at += plain_len(rest);
    }

    fn escape(&mut self) -> Result<char, Error> {
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.error(ErrorKind::BadString("no end"))) };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.error(ErrorKind::BadString("an unknown escape"))),
        })
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.hex4()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error(ErrorKind::LoneSurrogate));
        }
        let low = if first < 0xDC00 && self.bytes().get(self.at..self.at + 2) == Some(b"\\u") {
            self.at += 2;
            self.hex4()?
        } else {
            0
        };
        if !(0xDC00..0xE000).contains(&low) {
            return Err(self.error(ErrorKind::LoneSurrogate));
        }
        let point = 0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00);
        char::from_u32(point).ok_or_else(|| self.error(ErrorKind::LoneSurrogate))
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()) else {
            return Err(self.error(ErrorKind::BadString("an unknown escape")));
        };
        self.at += 4;
        Ok(code)
    }
}
