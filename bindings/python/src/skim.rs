//! A look through an answer of an OpenAI wire format: no tree is built, and nothing is copied.

use crate::openai::{count, has_long_number};
use kitelogik::value::{
    Number,
    json::{Limits, Reader, Token},
};
use std::{borrow::Cow, collections::BTreeSet};

/// Bounds of an answer that is looked through; a larger one is the adapter's.
const ANSWER: Limits = Limits { max_bytes: 8 << 20, max_depth: 64 };
/// Keys of one object: each is held against the ones before it.
const MAX_KEYS: usize = 64;

/// The provider's names of what was used, and this package's. Of two with one meaning the later one stands.
pub(crate) const USAGE: [(&str, &str); 5] = [
    ("input_tokens", "input_tokens"),
    ("prompt_tokens", "input_tokens"),
    ("output_tokens", "output_tokens"),
    ("completion_tokens", "output_tokens"),
    ("total_tokens", "total_tokens"),
];

/// The counts of [`USAGE`] in an answer which hands over nothing to run: whose items are of `harmless` types
/// or, in Chat, whose one choice is a message without calls. `None` where that is not certain.
pub(crate) fn answer(content: &[u8], chat: bool, harmless: &BTreeSet<String>) -> Option<[Option<u64>; 5]> {
    if has_long_number(content) {
        return None;
    }
    let mut skim = Skim { reader: Reader::new(content, &ANSWER).ok()?, keys: Vec::with_capacity(32) };
    let (mut whole, mut counts) = (false, [None; 5]);
    skim.object(|skim, key| match key {
        "output" if !chat => {
            whole = true;
            skim.objects(|skim| skim.item(harmless)).map(drop)
        }
        "choices" if chat => {
            let choices = skim.objects(Skim::choice)?;
            whole = choices == 1;
            whole.then_some(())
        }
        "usage" => skim.usage(&mut counts),
        _ => skim.skip(),
    })?;
    (whole && skim.next()? == Token::End).then_some(counts)
}

struct Skim<'de> {
    reader: Reader<'de>,
    /// The keys of the objects that are open, the innermost one's last
    keys: Vec<Cow<'de, str>>,
}

impl<'de> Skim<'de> {
    fn next(&mut self) -> Option<Token<'de>> {
        self.reader.next_token().ok()
    }

    /// An item of an output, if it says that it is harmless.
    fn item(&mut self, harmless: &BTreeSet<String>) -> Option<()> {
        let mut good = false;
        self.members(|skim, key| match key {
            "type" => {
                good = matches!(skim.next()?, Token::String(kind) if harmless.contains(&*kind));
                good.then_some(())
            }
            _ => skim.skip(),
        })?;
        good.then_some(())
    }

    /// A choice of Chat, if its message holds no calls.
    fn choice(&mut self) -> Option<()> {
        let mut good = false;
        self.members(|skim, key| match key {
            "message" => {
                good = true;
                skim.object(|skim, key| match key {
                    "tool_calls" | "function_call" => None,
                    _ => skim.skip(),
                })
            }
            _ => skim.skip(),
        })?;
        good.then_some(())
    }

    fn usage(&mut self, counts: &mut [Option<u64>; 5]) -> Option<()> {
        match self.next()? {
            Token::ObjectStart => self.members(|skim, key| {
                let token = skim.next()?;
                let place = USAGE.iter().position(|(name, _)| *name == key);
                if let (Some(slot), Token::Number(text)) = (place.and_then(|at| counts.get_mut(at)), &token) {
                    *slot = count(&Number::parse(text)?);
                }
                skim.rest(&token)
            }),
            token => self.rest(&token),
        }
    }

    /// An object, member by member.
    fn object(&mut self, each: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        (self.next()? == Token::ObjectStart).then_some(())?;
        self.members(each)
    }

    /// An array of objects; how many there are.
    fn objects(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<usize> {
        (self.next()? == Token::ArrayStart).then_some(())?;
        for count in 0.. {
            match self.next()? {
                Token::ObjectStart => each(self)?,
                Token::ArrayEnd => return Some(count),
                _ => return None,
            }
        }
        None
    }

    /// The members of an object that has begun. A key that stands twice may be read either way.
    fn members(&mut self, mut each: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        let from = self.keys.len();
        loop {
            match self.next()? {
                Token::ObjectEnd => {
                    self.keys.truncate(from);
                    return Some(());
                }
                Token::Key(key) => {
                    let before = self.keys.get(from..)?;
                    if before.len() >= MAX_KEYS || before.contains(&key) {
                        return None;
                    }
                    self.keys.push(key.clone());
                    each(self, &key)?;
                }
                _ => return None,
            }
        }
    }

    fn skip(&mut self) -> Option<()> {
        let token = self.next()?;
        self.rest(&token)
    }

    /// The rest of a value that began with this token. What it is nested in is bounded by the reader.
    fn rest(&mut self, token: &Token<'de>) -> Option<()> {
        match token {
            Token::ObjectStart => self.members(|skim, _| skim.skip()),
            Token::ArrayStart => loop {
                match self.next()? {
                    Token::ArrayEnd => return Some(()),
                    token => self.rest(&token)?,
                }
            },
            _ => Some(()),
        }
    }
}
