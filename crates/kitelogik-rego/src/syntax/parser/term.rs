//! Terms: operators by precedence, references, collections, comprehensions, template strings.

use super::{Parsed, Parser, expr::call};
use crate::syntax::{
    ast::{Part, Term, TermKind},
    lexer::Kind,
};

/// Infix operators, the loosest first.
const LEVELS: [&[(&str, &str)]; 5] = [
    &[("==", "equal"), ("!=", "neq"), ("<", "lt"), ("<=", "lte"), (">", "gt"), (">=", "gte")],
    &[("|", "or")],
    &[("&", "and")],
    &[("+", "plus"), ("-", "minus")],
    &[("*", "mul"), ("/", "div"), ("%", "rem")],
];

impl Parser<'_> {
    /// A term with operators.
    pub(super) fn term(&mut self) -> Parsed<Term> {
        self.membership(true)
    }

    /// `x in xs`; `bars` tells whether `|` is an operator here or opens a comprehension's body.
    fn membership(&mut self, bars: bool) -> Parsed<Term> {
        let start = self.span();
        let mut left = self.relation(bars)?;
        while self.at_name("in") {
            self.advance()?;
            let right = self.relation(bars)?;
            left = call("internal.member_2", vec![left, right], self.since(start));
        }
        Ok(left)
    }

    pub(super) fn relation(&mut self, bars: bool) -> Parsed<Term> {
        self.nested(|p| p.level(0, bars))
    }

    fn level(&mut self, level: usize, bars: bool) -> Parsed<Term> {
        let Some(operators) = LEVELS.get(level) else { return self.primary() };
        let start = self.span();
        let mut left = self.level(level + 1, bars)?;
        loop {
            let operator = operators.iter().find(|(sign, _)| self.at_sign(sign));
            let Some((sign, name)) = operator.filter(|(sign, _)| bars || *sign != "|") else {
                return Ok(left);
            };
            self.sign(sign)?;
            let right = self.level(level + 1, bars)?;
            left = call(name, vec![left, right], self.since(start));
        }
    }

    /// A term without operators around it, with what follows it directly: `.a`, `[b]`, `(c)`.
    pub(super) fn primary(&mut self) -> Parsed<Term> {
        let start = self.span();
        let mut term = self.atom()?;
        loop {
            let mut steps = Vec::new();
            self.ref_steps(&mut steps)?;
            if !steps.is_empty() {
                let span = self.since(start);
                term = match term.kind {
                    TermKind::Ref(head, mut before) => {
                        before.append(&mut steps);
                        Term::new(TermKind::Ref(head, before), span)
                    }
                    kind => Term::new(TermKind::Ref(Box::new(Term::new(kind, start)), steps), span),
                };
            } else if self.at_adjacent("(") && matches!(term.kind, TermKind::Var(_) | TermKind::Ref(..)) {
                self.advance()?;
                let args = self.terms_until(")")?;
                let is_set = args.is_empty() && matches!(&term.kind, TermKind::Var(name) if &**name == "set");
                let kind =
                    if is_set { TermKind::Set(Vec::new()) } else { TermKind::Call(Box::new(term), args) };
                term = Term::new(kind, self.since(start));
            } else {
                return Ok(term);
            }
        }
    }

    /// `.name` and `[term]`, as long as they follow directly.
    pub(super) fn ref_steps(&mut self, steps: &mut Vec<Term>) -> Parsed<()> {
        loop {
            if self.at_adjacent(".") {
                self.advance()?;
                let span = self.span();
                let name = self.name()?;
                steps.push(Term::new(TermKind::String(name), span));
            } else if self.at_adjacent("[") {
                self.advance()?;
                steps.push(self.term()?);
                self.sign("]")?;
            } else {
                return Ok(());
            }
        }
    }

    /// Terms with commas between them, and the closing sign.
    pub(super) fn terms_until(&mut self, close: &str) -> Parsed<Vec<Term>> {
        let mut terms = Vec::new();
        while !self.eat_sign(close)? {
            terms.push(self.term()?);
            if !self.at_sign(close) {
                self.sign(",")?;
            }
        }
        Ok(terms)
    }

    fn atom(&mut self) -> Parsed<Term> {
        let start = self.span();
        let kind = match self.token.kind.clone() {
            Kind::Name(name) => {
                let is_head = self.heads_reference();
                self.advance()?;
                match &*name {
                    _ if is_head => TermKind::Var(name),
                    "null" => TermKind::Null,
                    "true" => TermKind::Bool(true),
                    "false" => TermKind::Bool(false),
                    "as" | "default" | "else" | "import" | "not" | "package" | "some" | "with" => {
                        return self.error(format!("unexpected {name} keyword"));
                    }
                    _ => TermKind::Var(name),
                }
            }
            Kind::Number(text) => {
                self.advance()?;
                TermKind::Number(text)
            }
            Kind::String(text) => {
                self.advance()?;
                TermKind::String(text)
            }
            Kind::Template(raw) => self.template(raw)?,
            Kind::Sign("-") => {
                self.advance()?;
                let Kind::Number(text) = self.token.kind.clone() else {
                    return self.error("expected a number");
                };
                self.advance()?;
                TermKind::Number(format!("-{text}").into())
            }
            Kind::Sign("(") => {
                self.advance()?;
                let mut term = self.term()?;
                if self.at_sign(",") {
                    term = self.keyed_membership(term, start)?;
                }
                self.sign(")")?;
                return Ok(term);
            }
            Kind::Sign("[") => self.array()?,
            Kind::Sign("{") => self.braces()?,
            _ => return self.error("unexpected token"),
        };
        Ok(Term::new(kind, self.since(start)))
    }

    fn array(&mut self) -> Parsed<TermKind> {
        self.advance()?;
        if self.eat_sign("]")? {
            return Ok(TermKind::Array(Vec::new()));
        }
        let first = self.membership(false)?;
        if self.eat_sign("|")? {
            let body = self.exprs(&Kind::Sign("]"))?;
            self.sign("]")?;
            return Ok(TermKind::ArrayOf(Box::new(first), body));
        }
        let mut items = vec![first];
        if !self.at_sign("]") {
            self.sign(",")?;
        }
        items.append(&mut self.terms_until("]")?);
        Ok(TermKind::Array(items))
    }

    /// A set, an object or a comprehension of either.
    fn braces(&mut self) -> Parsed<TermKind> {
        self.advance()?;
        if self.eat_sign("}")? {
            return Ok(TermKind::Object(Vec::new()));
        }
        let first = self.membership(false)?;
        if self.eat_sign(":")? {
            return self.object(first);
        }
        if self.eat_sign("|")? {
            let body = self.exprs(&Kind::Sign("}"))?;
            self.sign("}")?;
            return Ok(TermKind::SetOf(Box::new(first), body));
        }
        let mut items = vec![first];
        if !self.at_sign("}") {
            self.sign(",")?;
        }
        items.append(&mut self.terms_until("}")?);
        Ok(TermKind::Set(items))
    }

    fn object(&mut self, first: Term) -> Parsed<TermKind> {
        let value = self.membership(false)?;
        if self.eat_sign("|")? {
            let body = self.exprs(&Kind::Sign("}"))?;
            self.sign("}")?;
            return Ok(TermKind::ObjectOf(Box::new((first, value)), body));
        }
        let mut pairs = vec![(first, value)];
        loop {
            if self.eat_sign("}")? {
                return Ok(TermKind::Object(pairs));
            }
            self.sign(",")?;
            if self.eat_sign("}")? {
                return Ok(TermKind::Object(pairs));
            }
            let key = self.term()?;
            self.sign(":")?;
            pairs.push((key, self.term()?));
        }
    }

    /// `$"text{term}text"`, at the opening quote.
    fn template(&mut self, raw: bool) -> Parsed<TermKind> {
        let quote = if raw { '`' } else { '"' };
        self.lexer.at = self.token.end;
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(next) = self.lexer.text.get(self.lexer.at..).and_then(|rest| rest.chars().next()) else {
                return self.error("non-terminated string");
            };
            match next {
                '\\' if !raw => match self.lexer.escape() {
                    Ok(c) => text.push(c),
                    Err((message, _)) => return self.error(message),
                },
                '\n' if !raw => return self.error("non-terminated string"),
                '\\' if self.lexer.text.get(self.lexer.at..).is_some_and(|rest| rest.starts_with("\\{")) => {
                    self.lexer.at += 2;
                    text.push('{');
                }
                '{' => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text).into()));
                    }
                    self.lexer.at += 1;
                    self.advance()?;
                    parts.push(Part::Term(self.term()?));
                    if !self.at_sign("}") {
                        return self.error("expected }");
                    }
                    self.lexer.at = self.token.end;
                }
                _ => {
                    self.lexer.at += next.len_utf8();
                    if next == quote {
                        break;
                    }
                    text.push(next);
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        self.token.end = self.lexer.at;
        self.advance()?;
        Ok(TermKind::Template(parts))
    }
}
