//! `regex.globs_match`: whether two patterns have a string in common. A pattern is characters, `.`, `[a-z]` and
//! `\x`, each also with `+` or `*`. OPA's answer is that of a greedy search, which now and then overlooks a
//! string; it is given here in polynomial time.

use super::{
    operands::{charge_bytes, string},
    types::{BOOLEAN, STRING, def},
};
use crate::{
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult},
    stack::with_room,
    val::Val,
};
use std::collections::HashMap;

pub(super) const FAMILY: &[BuiltinDef] = &[def("regex.globs_match", &[STRING, STRING], BOOLEAN, globs_match)];

#[derive(Clone, PartialEq)]
enum Letter {
    One(char),
    Any,
    /// Sorted ranges that do not touch
    Set(Vec<(u32, u32)>),
}

impl Letter {
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(a), Self::One(b)) => a == b,
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::One(c), Self::Set(set)) | (Self::Set(set), Self::One(c)) => {
                set.iter().any(|(low, high)| (*low..=*high).contains(&u32::from(*c)))
            }
            (Self::Set(a), Self::Set(b)) => {
                a.iter().any(|(low, high)| b.iter().any(|(from, to)| low <= to && from <= high))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Times {
    Once,
    Plus,
    Star,
}

struct Token {
    letter: Letter,
    times: Times,
}

/// A pattern while it is read.
struct Input {
    chars: Vec<char>,
    at: usize,
}

impl Input {
    fn refused(&self, what: &str) -> BuiltinError {
        let text: String = self.chars.iter().collect();
        BuiltinError::failed(format!("input:{text}, pos:{}, {what}: the input provided is invalid", self.at))
    }

    /// The next character, and whether a backslash stands before it.
    fn next(&mut self) -> Result<Option<(char, bool)>, BuiltinError> {
        let Some(first) = self.chars.get(self.at).copied() else { return Ok(None) };
        if first != '\\' {
            self.at += 1;
            return Ok(Some((first, false)));
        }
        let Some(escaped) = self.chars.get(self.at + 1).copied() else {
            return Err(self.refused("input ends with a \\ (escape) character"));
        };
        self.at += 2;
        Ok(Some((escaped, true)))
    }

    fn tokens(mut self) -> Result<Vec<Token>, BuiltinError> {
        let mut tokens: Vec<Token> = Vec::new();
        while let Some(next) = self.next()? {
            let letter = match next {
                ('.', false) => Letter::Any,
                ('[', false) => self.set()?,
                (']', false) => return Err(self.refused("set-close ']' with no preceding '['")),
                (flag @ ('+' | '*'), false) => {
                    return Err(self.refused(&format!("flag '{flag}' must be preceded by a non-flag")));
                }
                (c, _) => Letter::One(c),
            };
            let before = self.at;
            let times = match self.next()? {
                Some(('+', false)) => Times::Plus,
                Some(('*', false)) => Times::Star,
                _ => {
                    self.at = before;
                    Times::Once
                }
            };
            // Two repetitions of one letter are one.
            match tokens.last_mut() {
                Some(last) if last.letter == letter && last.times != Times::Once && times != Times::Once => {
                    if times == Times::Plus {
                        last.times = Times::Plus;
                    }
                }
                _ => tokens.push(Token { letter, times }),
            }
        }
        Ok(tokens)
    }

    fn set(&mut self) -> Result<Letter, BuiltinError> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut last: Option<char> = None;
        loop {
            match self.next()? {
                None => return Err(self.refused("found [ without matching ]")),
                Some((']', false)) => break,
                Some(('-', false)) => {
                    let Some(low) = last.take() else {
                        return Err(
                            self.refused("range character '-' must be preceded by a Unicode character")
                        );
                    };
                    if self.at + 1 >= self.chars.len() {
                        return Err(
                            self.refused("range character '-' must be followed by a Unicode character")
                        );
                    }
                    match self.next()? {
                        Some((high, escaped)) if escaped || !matches!(high, ']' | '-') => {
                            if high < low {
                                return Err(self.refused(&format!(
                                    "range is out of order: '{high}' comes before '{low}' in Unicode"
                                )));
                            }
                            ranges.push((low.into(), high.into()));
                        }
                        _ => {
                            return Err(
                                self.refused("range character '-' cannot be followed by a special symbol")
                            );
                        }
                    }
                }
                Some((c, _)) => {
                    ranges.push((c.into(), c.into()));
                    last = Some(c);
                }
            }
        }
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let touch = next.0 <= kept.1.saturating_add(1);
            if touch {
                kept.1 = kept.1.max(next.1);
            }
            touch
        });
        Ok(Letter::Set(ranges))
    }
}

fn globs_match<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (left, right) = (string(args, 1)?, string(args, 2)?);
    charge_bytes(cx, left.len().saturating_add(right.len()))?;
    let read = |text: &str| Input { chars: text.chars().collect(), at: 0 }.tokens();
    let (left, right) = (read(left)?, read(right)?);
    let both = [left.as_slice(), right.as_slice()];
    let once = |pair: &(&Token, &Token)| pair.0.times == Times::Once && pair.1.times == Times::Once;
    let differ = |(a, b): (&Token, &Token)| !a.letter.meets(&b.letter);
    // What stands once on both sides, at either end, must meet.
    if left.iter().zip(&right).take_while(once).any(differ)
        || left.iter().rev().zip(right.iter().rev()).take_while(once).any(differ)
    {
        return Ok(Some(Val::Bool(false)));
    }
    Ok(Some(Val::Bool(Search { both, known: HashMap::new() }.normal(cx, [0, 0], 0)?)))
}

/// A search over the rests of both patterns; what is known of two rests is kept.
struct Search<'t> {
    both: [&'t [Token]; 2],
    known: HashMap<([usize; 2], usize), bool>,
}

impl<'t> Search<'t> {
    fn token(&self, side: usize, at: [usize; 2]) -> Option<&'t Token> {
        self.both.get(side).and_then(|tokens| tokens.get(*at.get(side)?))
    }

    fn meet(a: Option<&Token>, b: Option<&Token>) -> bool {
        matches!((a, b), (Some(a), Some(b)) if a.letter.meets(&b.letter))
    }

    /// Moves one side on.
    fn on(at: [usize; 2], side: usize) -> [usize; 2] {
        let [left, right] = at;
        if side == 0 { [left + 1, right] } else { [left, right + 1] }
    }

    /// Both rests; where both begin with a repetition, that of the side `first` is followed.
    fn normal(
        &mut self,
        cx: &mut BuiltinCx<'_, '_>,
        from: [usize; 2],
        first: usize,
    ) -> Result<bool, BuiltinError> {
        let mut at = from;
        loop {
            cx.step(1)?;
            let (Some(a), Some(b)) = (self.token(first, at), self.token(1 - first, at)) else {
                return Ok(self.token(0, at).is_none() && self.token(1, at).is_none());
            };
            if a.times == Times::Once && b.times == Times::Once {
                if !a.letter.meets(&b.letter) {
                    return Ok(false);
                }
                at = at.map(|at| at + 1);
                continue;
            }
            let (side, times, other) = match a.times {
                Times::Once => (1 - first, b.times, a.times),
                _ => (first, a.times, b.times),
            };
            if times == Times::Star {
                return self.star(cx, at, side);
            }
            if !a.letter.meets(&b.letter) {
                return Ok(false);
            }
            // Either the repetition takes the other's token, or that one, repeated too, takes the repetition.
            if self.star(cx, Self::on(at, 1 - side), side)? {
                return Ok(true);
            }
            return Ok(other != Times::Once && with_room(|| self.normal(cx, Self::on(at, side), side))?);
        }
    }

    /// The repeated token of one side takes tokens of the other until its follower meets one.
    fn star(
        &mut self,
        cx: &mut BuiltinCx<'_, '_>,
        from: [usize; 2],
        side: usize,
    ) -> Result<bool, BuiltinError> {
        if let Some(known) = self.known.get(&(from, side)) {
            return Ok(*known);
        }
        let repeated = self.token(side, from);
        let follower = self.token(side, Self::on(from, side));
        let mut at = from;
        let mut found = None;
        while let Some(other) = self.token(1 - side, at) {
            cx.step(1)?;
            if Self::meet(Some(other), follower) && with_room(|| self.normal(cx, Self::on(at, side), side))? {
                found = Some(true);
                break;
            }
            if !Self::meet(Some(other), repeated) {
                found = Some(false);
                break;
            }
            at = Self::on(at, 1 - side);
        }
        let found = found.unwrap_or(follower.is_none());
        self.known.insert((from, side), found);
        Ok(found)
    }
}
