//! `and` and `or` between expressions: what `import future.keywords.and`, `….or` and `import rego.v2` bring.
//! Braces in the place of an operand hold a body, so a set there has to stand in parentheses.

use super::{Parsed, Parser, expr::EMPTY_BODY, term::kind_name};
use crate::syntax::{
    ast::{Expr, ExprKind, Operand, Span, Term, TermKind},
    lexer::Kind,
};

/// What the expression, so far read, is an operand of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing, it may be the first operand
    Nothing,
    /// `and`, `or` or `not`
    Operator,
}

impl Parser<'_> {
    /// The operator that is next.
    pub(super) fn at_operator(&self) -> Option<&'static str> {
        match &self.token.kind {
            Kind::Name(name) if self.keywords.and && **name == *"and" => Some("and"),
            Kind::Name(name) if self.keywords.or && **name == *"or" => Some("or"),
            _ => None,
        }
    }

    /// Where an expression begins: an operand in braces or a group in parentheses. What turns out to be none is
    /// left in place, and not tried again when it is read as a term.
    pub(super) fn first_operand(&mut self) -> Parsed<Option<Operand>> {
        let at = self.token.start;
        let bracket = self.at_sign("{") || self.at_sign("(");
        let logic = self.keywords.and || self.keywords.or;
        if !(bracket && logic && self.no_operands.insert(at)) {
            return Ok(None);
        }
        let operand = if self.at_sign("(") { self.group(Around::Nothing) } else { self.leading_braces() };
        if !matches!(operand, Ok(None)) {
            self.no_operands.remove(&at);
        }
        operand
    }

    fn leading_braces(&mut self) -> Parsed<Option<Operand>> {
        let (start, mark) = (self.span(), self.mark());
        match self.braced("") {
            Ok(body) if self.at_operator().is_some() => {
                let operand = Operand { body: body.into(), braced: true };
                self.check_union(&operand, start)?;
                return Ok(Some(operand));
            }
            Err(error) if error.is_final() => return Err(error),
            _ => {}
        }
        self.back_to(mark);
        Ok(None)
    }

    /// The expression that is read turns out to be an operand.
    pub(super) fn operand_before(&mut self, expr: Expr, with_at: Span, negated: bool) -> Parsed<Expr> {
        let (start, operator) = (expr.span, self.at_operator().unwrap_or_default());
        if !expr.with.is_empty() {
            return self.with_on_operand(with_at, operator);
        }
        if !negated && self.text(start).starts_with('{') {
            let is_empty = |term: &Term| matches!(&term.kind, TermKind::Object(pairs) if pairs.is_empty());
            return match matches!(&expr.kind, ExprKind::Term(term) if is_empty(term)) {
                true => self.error_at(start, EMPTY_BODY),
                false => self.braces_hold_no_body(start, operator),
            };
        }
        self.whole(Operand { body: vec![expr].into(), braced: false }, start)
    }

    /// The expression of which the first operand is read.
    pub(super) fn whole(&mut self, first: Operand, start: Span) -> Parsed<Expr> {
        let mut operand = self.operators(first, start)?;
        let with = self.with()?;
        let Some(expr) = operand.body.pop() else { return self.unexpected("") };
        let with = if with.is_empty() { expr.with } else { with };
        Ok(Expr { kind: expr.kind, with, span: self.since(start) })
    }

    /// The operators behind an operand and what they join, of which `and` binds tighter.
    fn operators(&mut self, first: Operand, start: Span) -> Parsed<Operand> {
        let mut any = vec![self.all(first, start)?];
        while self.at_operator() == Some("or") {
            self.advance()?;
            let at = self.span();
            let operand = self.operand_of("or")?;
            any.push(self.all(operand, at)?);
        }
        self.joined(any, start, "or", ExprKind::Or)
    }

    fn all(&mut self, first: Operand, start: Span) -> Parsed<Operand> {
        let mut all = vec![first];
        while self.at_operator() == Some("and") {
            self.advance()?;
            all.push(self.operand_of("and")?);
        }
        self.joined(all, start, "and", ExprKind::And)
    }

    /// Operands as one; a single one stays what it is.
    fn joined(
        &self,
        mut operands: Vec<Operand>,
        start: Span,
        operator: &str,
        join: impl FnOnce(Vec<Operand>) -> ExprKind,
    ) -> Parsed<Operand> {
        if operands.len() < 2 {
            return operands.pop().map_or_else(|| self.unexpected(""), Ok);
        }
        operands.iter().try_for_each(|operand| self.check_print(operand, operator))?;
        let span = self.since(start);
        let joined = Expr { kind: join(operands), with: Vec::new(), span };
        Ok(Operand { body: vec![joined].into(), braced: false })
    }

    /// What stands behind an operator, without the operators behind it.
    fn operand_of(&mut self, operator: &str) -> Parsed<Operand> {
        self.nested(|p| p.one_operand(operator))
    }

    fn one_operand(&mut self, operator: &str) -> Parsed<Operand> {
        let start = self.span();
        if self.at_sign("{") {
            return self.braced_operand(|p, _| p.braces_hold_no_body(p.since(start), operator));
        }
        let negated = self.eat_keyword("not")?;
        if let (false, Some(group)) = (negated, self.group_of_operator()?) {
            return Ok(group);
        }
        let kind = if negated { self.negation(start)? } else { self.operation()? };
        let expr = Expr { kind, with: Vec::new(), span: self.since(start) };
        Ok(Operand { body: vec![expr].into(), braced: false })
    }

    /// What stands behind `not` where it takes an operand.
    pub(super) fn negated_operand(&mut self) -> Parsed<Operand> {
        let start = self.span();
        if self.at_sign("{") {
            return self.braced_operand(|p, term| p.no_body_to_negate(p.since(start), term));
        }
        if let Some(group) = self.group_of_operator()? {
            return Ok(group);
        }
        let kind = self.operation()?;
        let expr = Expr { kind, with: Vec::new(), span: self.since(start) };
        Ok(Operand { body: vec![expr].into(), braced: false })
    }

    /// An operand in braces. `of_value` says what is wrong where they hold a value and no body.
    fn braced_operand(&mut self, of_value: impl FnOnce(&Self, &Term) -> Parsed<Operand>) -> Parsed<Operand> {
        let (start, before) = (self.span(), self.mark());
        let error = match self.braced("") {
            Ok(body) => {
                let operand = Operand { body: body.into(), braced: true };
                self.check_union(&operand, start)?;
                return Ok(operand);
            }
            Err(error) => error,
        };
        if self.explaining || error.is_final() || error.message == EMPTY_BODY {
            return Err(error);
        }
        let after = self.mark();
        self.back_to(before);
        self.explaining = true;
        let value = self.operand();
        self.explaining = false;
        if let Ok(value) = value {
            return of_value(self, &value);
        }
        self.back_to(after);
        Err(error)
    }

    /// A group in parentheses, as an operand of `and`, `or` or `not`.
    fn group_of_operator(&mut self) -> Parsed<Option<Operand>> {
        let logic = self.keywords.and || self.keywords.or;
        if logic && self.at_sign("(") { self.group(Around::Operator) } else { Ok(None) }
    }

    /// `(a or b)`, `(not a)`, `(a with …)`: what holds none of the operators is a term in parentheses and left
    /// in place.
    fn group(&mut self, around: Around) -> Parsed<Option<Operand>> {
        let (start, mark) = (self.span(), self.mark());
        self.advance()?;
        let at = self.span();
        let mut operand = match self.operand_of("") {
            Ok(operand) => operand,
            Err(error) if error.is_final() => return Err(error),
            Err(_) => {
                self.back_to(mark);
                return Ok(None);
            }
        };
        if self.at_operator().is_some() {
            let mut expr = self.whole(operand, at)?;
            expr.span = self.close(start)?;
            return Ok(Some(Operand { body: vec![expr].into(), braced: false }));
        }
        let with_at = self.span();
        let one = if operand.braced { None } else { operand.body.first_mut() };
        if let (Some(expr), true) = (one, self.at_keyword("with")) {
            expr.with = self.with()?;
            if let Some(operator) = self.at_operator() {
                return self.with_on_operand(with_at, operator);
            }
            expr.span = self.close(start)?;
            if around == Around::Operator || self.at_operator().is_some() {
                return Ok(Some(operand));
            }
        } else if let (false, Some(expr)) = (operand.braced, operand.body.first_mut())
            && matches!(
                expr.kind,
                ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::NotWhole(_)
            )
        {
            expr.span = self.close(start)?;
            return Ok(Some(operand));
        }
        self.back_to(mark);
        Ok(None)
    }

    /// The end of a group, and all of it.
    fn close(&mut self, start: Span) -> Parsed<Span> {
        if self.eat_sign(")")? {
            Ok(self.since(start))
        } else {
            self.error("expected ) to close parenthesized group")
        }
    }

    fn text(&self, span: Span) -> &str {
        self.lexer.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn with_on_operand<T>(&self, at: Span, operator: &str) -> Parsed<T> {
        let hint = format!(
            "Wrap the operand in `(...)` or `{{...}}` to scope, or move `with` after the `{operator}` expression \
             to apply it to the whole expression"
        );
        self.error_at(at, format!("`with` modifier is not allowed on operand of `{operator}` (hint: {hint})"))
    }

    fn braces_hold_no_body<T>(&self, at: Span, operator: &str) -> Parsed<T> {
        let hint = format!("wrap the operand to keep the value: `({}) {operator} ...`", self.text(at));
        let wrong = format!("operand of `{operator}` cannot begin with `{{` unless the braces hold a body");
        self.error_at(at, format!("{wrong} (hint: {hint})"))
    }

    fn no_body_to_negate<T>(&self, at: Span, term: &Term) -> Parsed<T> {
        let value = self.text(at);
        let wrong = "`{...}` in an operand position must contain expression(s), got";
        let hint =
            format!("write `not ({value})` to negate the value, or `not {{{value}}}` for a body holding it");
        let kind = kind_name(&first_operand_of(term).kind);
        self.error_at(Span { end: at.start + 1, ..at }, format!("{wrong}: {kind} (hint: {hint})"))
    }

    /// `{ a | b }` could be a comprehension or a body that joins two sets.
    fn check_union(&self, operand: &Operand, start: Span) -> Parsed<()> {
        let Some(Expr { kind: ExprKind::Term(term), span, .. }) = operand.body.first() else { return Ok(()) };
        let TermKind::Call(function, _) = &term.kind else { return Ok(()) };
        let union = matches!(&function.kind, TermKind::Var(name) if **name == *"or");
        let called = self.text(*span).starts_with("or") || self.text(*span).starts_with('(');
        if !union || called {
            return Ok(());
        }
        let whole = self.since(start);
        let before = self.text(Span { end: span.start, ..whole });
        let after = self.text(Span { start: span.end, ..whole });
        let hint = format!(
            "write `({})` for the comprehension, or `{before}({}){after}` for the set union",
            self.text(whole),
            self.text(*span)
        );
        let wrong = "ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a \
                     comprehension";
        self.error_at(start, format!("{wrong} (hint: {hint})"))
    }

    /// An operand that only prints can never fail.
    fn check_print(&self, operand: &Operand, operator: &str) -> Parsed<()> {
        let prints = |expr: &Expr| {
            let ExprKind::Term(Term { kind: TermKind::Call(function, _), .. }) = &expr.kind else {
                return false;
            };
            matches!(&function.kind, TermKind::Var(name) if **name == *"print")
        };
        let Some(first) = operand.body.first().filter(|_| operand.body.iter().all(prints)) else {
            return Ok(());
        };
        let hint = "`print` produces no value and always succeeds, so the operand can never fail; move it out of \
                    the operand, or add an expression that can fail";
        let wrong = format!("operand of `{operator}` cannot consist only of calls to `print`");
        self.error_at(first.span, format!("{wrong} (hint: {hint})"))
    }
}

/// What an operator's text begins with.
fn first_operand_of(term: &Term) -> &Term {
    match &term.kind {
        TermKind::Call(_, args) => args.first().map_or(term, first_operand_of),
        _ => term,
    }
}
