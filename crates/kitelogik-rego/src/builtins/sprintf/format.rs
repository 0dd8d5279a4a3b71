//! Format strings: text, and directives with flags, width, precision and the operand that they are about.

use crate::{
    Limit,
    builtin::BuiltinError,
    val::{Array, Val},
};
use std::{collections::VecDeque, str::Chars};

/// The greatest width and precision, as in Go.
const MAX_WIDTH: usize = 1_000_000;

/// How an operand is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spec {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    /// Never together with `minus`: Go puts no zeros where it aligns to the left.
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    /// `%#v`: as Go's source has it
    pub(super) source: bool,
}

impl Spec {
    /// What `%v` makes of the flags: `+` and `#` ask for details there, not for a sign or a prefix.
    pub(super) fn for_verb(&self, verb: char) -> Self {
        match verb {
            'v' | 'w' => Self { plus: false, sharp: false, source: self.sharp, ..self.clone() },
            _ => self.clone(),
        }
    }

    /// The text with what is missing to the width.
    pub(super) fn pad(&self, text: &str) -> String {
        let missing = self.missing(text.chars().count());
        match (self.minus, self.zero) {
            (true, _) => format!("{text}{}", " ".repeat(missing)),
            (_, true) => format!("{}{text}", "0".repeat(missing)),
            _ => format!("{}{text}", " ".repeat(missing)),
        }
    }

    /// The same, with blanks only.
    pub(super) fn pad_blank(&self, text: &str) -> String {
        Self { zero: false, ..self.clone() }.pad(text)
    }

    /// How much is missing to the width.
    pub(super) fn missing(&self, size: usize) -> usize {
        self.width.unwrap_or(0).saturating_sub(size)
    }

    /// As many characters as the precision lets through.
    pub(super) fn cut<'t>(&self, text: &'t str) -> &'t str {
        let end = self.precision.and_then(|precision| text.char_indices().nth(precision));
        end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
    }

    /// The sign of a number.
    pub(super) fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }
}

/// A piece of a format string.
pub(super) enum Directive<'f, 'a> {
    Text(&'f str),
    NoVerb,
    BadWidth,
    BadPrecision,
    BadIndex(char),
    Missing(char),
    Operand(Val<'a>, char, Spec),
}

/// Reads the pieces of a format string.
pub(super) struct Directives<'f, 'a> {
    rest: &'f str,
    operands: Array<'a>,
    used: usize,
    /// True once the format names operands by number: then nothing is said of those that are left over.
    indexed: bool,
    /// Pieces that are read and not given yet.
    ready: VecDeque<Directive<'f, 'a>>,
}

/// What a directive says of its operand's number.
struct Index {
    good: bool,
    /// True if a number stands just before
    just: bool,
}

impl<'f, 'a> Directives<'f, 'a> {
    pub(super) fn new(format: &'f str, operands: Array<'a>) -> Self {
        Self { rest: format, operands, used: 0, indexed: false, ready: VecDeque::new() }
    }

    /// The operands that no directive is about.
    pub(super) fn unused(&self) -> impl Iterator<Item = Val<'a>> {
        let used = if self.indexed { self.operands.len() } else { self.used };
        self.operands.iter().skip(used)
    }

    pub(super) fn next(&mut self) -> Result<Option<Directive<'f, 'a>>, BuiltinError> {
        if let Some(directive) = self.ready.pop_front() {
            return Ok(Some(directive));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        match self.rest.find('%') {
            Some(0) => {
                let directive = self.directive()?;
                self.ready.push_back(directive);
                Ok(self.ready.pop_front())
            }
            at => {
                let (text, rest) = self.rest.split_at(at.unwrap_or(self.rest.len()));
                self.rest = rest;
                Ok(Some(Directive::Text(text)))
            }
        }
    }

    fn directive(&mut self) -> Result<Directive<'f, 'a>, BuiltinError> {
        let mut chars = self.rest.chars();
        chars.next();
        let mut spec = flags(&mut chars);
        let mut index = Index { good: true, just: false };
        self.index(&mut chars, &mut index);
        if skip(&mut chars, '*') {
            match self.size() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.width = Some(width.unsigned_abs() as usize);
                }
                None => self.ready.push_back(Directive::BadWidth),
            }
            index.just = false;
        } else {
            spec.width = number(&mut chars)?;
            index.good &= !(index.just && spec.width.is_some());
        }
        if chars.as_str().len() > 1 && skip(&mut chars, '.') {
            index.good &= !index.just;
            self.index(&mut chars, &mut index);
            if skip(&mut chars, '*') {
                let precision = self.size();
                spec.precision = precision.and_then(|precision| usize::try_from(precision).ok());
                if spec.precision.is_none() {
                    self.ready.push_back(Directive::BadPrecision);
                }
                index.just = false;
            } else {
                spec.precision = Some(number(&mut chars)?.unwrap_or(0));
            }
        }
        if !index.just {
            self.index(&mut chars, &mut index);
        }
        spec.zero &= !spec.minus;
        let verb = chars.next();
        self.rest = chars.as_str();
        Ok(match verb {
            None => Directive::NoVerb,
            Some('%') => Directive::Text("%"),
            Some(verb) if !index.good => Directive::BadIndex(verb),
            Some(verb) => match self.operands.get(self.used) {
                None => Directive::Missing(verb),
                Some(value) => {
                    self.used += 1;
                    Directive::Operand(value, verb, spec)
                }
            },
        })
    }

    /// `[2]`: the number of the operand to go on with.
    fn index(&mut self, chars: &mut Chars<'f>, index: &mut Index) {
        index.just = false;
        let Some(inside) = chars.as_str().strip_prefix('[') else { return };
        self.indexed = true;
        // As Go reads it, `[]` is none at the end of a format.
        let Some((number, after)) = inside.split_once(']').filter(|_| inside.len() > 1) else {
            index.good = false;
            chars.next();
            return;
        };
        *chars = after.chars();
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number = number.parse::<usize>().ok().filter(|number| digits && *number <= 10 * MAX_WIDTH);
        let at = number.and_then(|number| number.checked_sub(1));
        match at.filter(|at| *at < self.operands.len()) {
            Some(at) => (self.used, index.just) = (at, true),
            None => (index.good, index.just) = (false, number.is_some()),
        }
    }

    /// `*`: a width or precision that is an operand.
    fn size(&mut self) -> Option<i64> {
        let value = self.operands.get(self.used)?;
        self.used += 1;
        match super::Operand::of(value) {
            super::Operand::Int(size) if size.unsigned_abs() <= MAX_WIDTH as u64 => Some(size),
            _ => None,
        }
    }
}

fn flags(chars: &mut Chars<'_>) -> Spec {
    let mut spec = Spec::default();
    while let Some(flag) = chars.clone().next() {
        match flag {
            '-' => spec.minus = true,
            '+' => spec.plus = true,
            '#' => spec.sharp = true,
            ' ' => spec.space = true,
            '0' => spec.zero = true,
            _ => break,
        }
        chars.next();
    }
    spec
}

fn skip(chars: &mut Chars<'_>, wanted: char) -> bool {
    let found = chars.clone().next() == Some(wanted);
    if found {
        chars.next();
    }
    found
}

fn number(chars: &mut Chars<'_>) -> Result<Option<usize>, BuiltinError> {
    let mut value = None;
    while let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(10)) {
        let sum = value.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit as usize);
        value = Some(sum);
        chars.next();
    }
    if value.is_some_and(|value| value > MAX_WIDTH) {
        return Err(Limit::Memory.into());
    }
    Ok(value)
}
