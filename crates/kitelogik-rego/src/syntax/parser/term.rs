//! Terms: operators by precedence, references, calls, scalars.

use super::{Parsed, Parser, expr::call};
use crate::syntax::{
    ast::{Span, Term, TermKind},
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
    /// A term with operators, `x in xs` and `k, v in xs`.
    pub(super) fn term(&mut self) -> Parsed<Term> {
        let start = self.span();
        let first = self.operand()?;
        if self.keywords.member && self.at_sign(",") {
            let mark = self.mark();
            self.advance()?;
            let value = self.operand();
            if let (Ok(value), true) = (value, self.at_keyword("in")) {
                self.advance()?;
                let domain = self.operand()?;
                let span = self.since(start);
                let found = call("internal.member_3", vec![first, value, domain], span);
                return self.memberships(found, start);
            }
            self.back_to(mark);
        }
        self.memberships(first, start)
    }

    /// A term with operators and `x in xs`, where a comma comes after it.
    pub(super) fn item(&mut self) -> Parsed<Term> {
        let start = self.span();
        let first = self.operand()?;
        self.memberships(first, start)
    }

    /// The rest of a term whose beginning, without operators, is read.
    pub(super) fn item_from(&mut self, first: Term) -> Parsed<Term> {
        let start = first.span;
        let first = self.chain(|p| p.level(0, Some(first)))?;
        self.memberships(first, start)
    }

    fn memberships(&mut self, mut left: Term, start: Span) -> Parsed<Term> {
        while self.eat_keyword("in")? {
            let right = self.operand()?;
            left = call("internal.member_2", vec![left, right], self.since(start));
            self.grow()?;
        }
        Ok(left)
    }

    /// A term with operators other than `in`.
    pub(super) fn operand(&mut self) -> Parsed<Term> {
        self.nested(|p| p.chain(|p| p.level(0, None)))
    }

    fn level(&mut self, level: usize, first: Option<Term>) -> Parsed<Term> {
        let Some(operators) = LEVELS.get(level) else {
            return if let Some(first) = first { Ok(first) } else { self.primary() };
        };
        let start = first.as_ref().map_or_else(|| self.span(), |first| first.span);
        let mut left = self.level(level + 1, first)?;
        loop {
            let Some((sign, name)) = operators.iter().find(|(sign, _)| self.at_sign(sign)) else {
                return Ok(left);
            };
            self.sign(sign, "")?;
            let right = self.level(level + 1, None)?;
            left = call(name, vec![left, right], self.since(start));
            self.grow()?;
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
                // A keyword before a bracket is read as a name; these three are one only before a dot.
                let literal = match &term.kind {
                    TermKind::Var(name) if matches!(&**name, "true" | "false") => Some("boolean"),
                    TermKind::Var(name) if &**name == "null" => Some("null"),
                    _ => None,
                };
                let dotted = matches!(steps.first(), Some(Term { kind: TermKind::String(_), .. }));
                if let (Some(kind), false) = (literal, dotted) {
                    return self.error_at(start, format!("illegal ref (head cannot be {kind})"));
                }
                if is_scalar(&term) || matches!(term.kind, TermKind::Template(_)) {
                    let kind = kind_name(&term.kind);
                    return self.error_at(start, format!("illegal ref (head cannot be {kind})"));
                }
                term = match term.into_kind() {
                    TermKind::Ref(head, mut before) => {
                        before.append(&mut steps);
                        Term::new(TermKind::Ref(head, before), span)
                    }
                    kind => Term::new(TermKind::Ref(Box::new(Term::new(kind, start)), steps), span),
                };
                self.grow()?;
            } else if self.at_adjacent("(") && matches!(term.kind, TermKind::Var(_) | TermKind::Ref(..)) {
                self.advance()?;
                let args = self.terms_until(")")?;
                let is_set = args.is_empty() && matches!(&term.kind, TermKind::Var(name) if &**name == "set");
                let kind =
                    if is_set { TermKind::Set(Vec::new()) } else { TermKind::Call(Box::new(term), args) };
                term = Term::new(kind, self.since(start));
                self.grow()?;
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
                let name = self.name_after_dot()?;
                steps.push(Term::new(TermKind::String(name), span));
            } else if self.at_adjacent("[") {
                self.advance()?;
                steps.push(self.term()?);
                self.sign("]", "expected [")?;
            } else {
                return Ok(());
            }
        }
    }

    /// At a name that can be a variable here. A keyword can where an expression or rule begins, as the head of a
    /// reference.
    pub(super) fn at_variable(&self) -> bool {
        match &self.token.kind {
            Kind::Name(name) if self.keywords.is(name) && **name != *"contains" => {
                let begins = self.token.start == self.begin && self.heads_reference();
                // Where a term stands these two are no operators, but the functions behind `&` and `|`.
                let called = matches!(&**name, "and" | "or")
                    && self.lexer.text.as_bytes().get(self.token.end) == Some(&b'(');
                begins || called
            }
            Kind::Name(_) => true,
            _ => false,
        }
    }

    fn atom(&mut self) -> Parsed<Term> {
        let start = self.span();
        if self.at_variable() {
            let name = self.name()?;
            return Ok(Term::new(TermKind::Var(name), self.since(start)));
        }
        let kind = match self.token.kind.clone() {
            Kind::Name(name) => {
                let kind = match &*name {
                    "null" => TermKind::Null,
                    "true" => TermKind::Bool(true),
                    "false" => TermKind::Bool(false),
                    _ => return self.unexpected(""),
                };
                self.advance()?;
                kind
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
                if self.at_variable() {
                    let zero = Term::new(TermKind::Number("0".into()), start);
                    let right = self.nested(Self::primary)?;
                    return Ok(call("minus", vec![zero, right], self.since(start)));
                }
                let Kind::Number(text) = self.token.kind.clone() else {
                    return self.unexpected("expected number");
                };
                self.advance()?;
                TermKind::Number(format!("-{text}").into())
            }
            Kind::Sign("(") => {
                self.advance()?;
                let term = self.term()?;
                if !self.eat_sign(")")? {
                    return self.error("non-terminated expression");
                }
                return Ok(term);
            }
            Kind::Sign("[") => self.array()?,
            Kind::Sign("{") => self.braces()?,
            _ => return self.unexpected(""),
        };
        Ok(Term::new(kind, self.since(start)))
    }
}

pub(super) fn is_scalar(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

/// How OPA calls a kind of term.
pub(super) fn kind_name(kind: &TermKind) -> &'static str {
    match kind {
        TermKind::Null => "null",
        TermKind::Bool(_) => "boolean",
        TermKind::Number(_) => "number",
        TermKind::String(_) => "string",
        TermKind::Var(_) | TermKind::Local(_) => "var",
        TermKind::Ref(..) => "ref",
        TermKind::Call(..) => "call",
        TermKind::Array(_) => "array",
        TermKind::Set(_) => "set",
        TermKind::Object(_) => "object",
        TermKind::ArrayOf(..) => "arraycomprehension",
        TermKind::SetOf(..) => "setcomprehension",
        TermKind::ObjectOf(..) => "objectcomprehension",
        TermKind::Template(_) => "templatestring",
    }
}
