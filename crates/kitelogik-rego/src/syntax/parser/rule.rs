//! Rules: heads, bodies, `else`.

use super::{
    Parsed, Parser, SyntaxError,
    term::{is_scalar, kind_name},
};
use crate::syntax::{
    ast::{Body, Else, Expr, ExprKind, Head, Rule, Span, Term, TermKind, Version},
    lexer::Kind,
};

impl Parser<'_> {
    /// One rule; several bodies may follow one head.
    pub(super) fn rule(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let start = self.span();
        let default = self.eat_keyword("default")?;
        self.begin = self.token.start;
        if !self.at_variable() {
            return self.no_rule();
        }
        if self.at_keyword("contains") && self.version == Version::V1 {
            return self.error("contains keyword cannot be used for rule name");
        }
        let mut head = self.head()?;
        if default {
            check_default(&head, start)?;
            if self.at_keyword("if") || self.at_sign("{") {
                return self.unexpected("");
            }
            rules.push(Rule {
                default,
                head,
                body: Vec::new(),
                otherwise: Vec::new(),
                span: self.since(start),
            });
            return Ok(());
        }
        let multi = head.member.is_some();
        let (has_if, braces) = (self.at_keyword("if"), self.at_sign("{"));
        let body = self.rule_body()?;
        let partial =
            !has_if && !multi && head.args.is_none() && head.value.is_none() && head.path.len() == 2;
        if partial {
            head.member = head.path.pop();
        }
        self.check_form(&head, start, has_if || braces, has_if, partial)?;
        let mut otherwise = Vec::new();
        while self.at_keyword("else") {
            // What always holds leaves nothing to the next one.
            let always = otherwise.last().is_some_and(|last: &Else| last.body.is_empty());
            if !(has_if || braces) || always {
                return self.unexpected("");
            }
            if head.path.iter().skip(1).any(|term| !is_scalar(term)) {
                return self.error("else keyword cannot be used on rules with variables in head");
            }
            if head.member.is_some() {
                return self.error("else keyword cannot be used on multi-value rules");
            }
            otherwise.push(self.otherwise()?);
        }
        let chained = otherwise.is_empty();
        let mut rule = Rule { default, head, body, otherwise, span: self.since(start) };
        while braces && self.at_sign("{") {
            if !chained {
                return self.error("expected else keyword");
            }
            let start = self.span();
            let body = self.rule_body()?;
            let next = Rule { body, head: rule.head.clone(), otherwise: Vec::new(), ..rule };
            rules.push(std::mem::replace(&mut rule, next));
            rule.span = self.since(start);
        }
        rules.push(rule);
        Ok(())
    }

    /// What version 1 wants of a rule's form. The rule was read; nothing needs to be skipped, unless a keyword that
    /// is none here makes a name of what comes next.
    fn check_form(
        &mut self,
        head: &Head,
        start: Span,
        has_body: bool,
        has_if: bool,
        partial: bool,
    ) -> Parsed<()> {
        let bare = !has_body && head.value.is_none();
        if let (true, None, None, [Term { kind: TermKind::Var(name), .. }]) =
            (bare, &head.member, &head.args, head.path.as_slice())
        {
            let hint = self.hint_at_head(name);
            let error =
                SyntaxError { message: format!("var cannot be used for rule name{hint}"), span: start };
            if !hint.is_empty() {
                return Err(error);
            }
            self.errors.push(error);
            return Ok(());
        }
        let mut report = |message: &str| {
            self.errors.push(SyntaxError { message: message.to_owned(), span: start });
        };
        if self.version != Version::V1 {
            return Ok(());
        }
        let kind = if head.args.is_some() { "function" } else { "rule" };
        if bare && head.member.is_none() && head.args.is_none() {
            report("rule must have value assignment and/or body declaration");
        }
        if has_body && !has_if {
            report(&format!("`if` keyword is required before {kind} body"));
        }
        if partial {
            report("`contains` keyword is required for partial set rules");
        }
        Ok(())
    }

    fn no_rule(&self) -> Parsed<()> {
        match &self.token.kind {
            Kind::Number(_) => self.error("number cannot be used for rule name"),
            Kind::String(_) => self.error("string cannot be used for rule name"),
            Kind::Name(name) if matches!(&**name, "true" | "false") => {
                self.error("boolean cannot be used for rule name")
            }
            Kind::Name(name) if **name == *"null" => self.error("null cannot be used for rule name"),
            Kind::Name(name) if **name == *"some" => {
                self.error("'some' declarations cannot be used for rule head")
            }
            Kind::Name(name) if **name == *"not" => {
                self.error("negated expressions cannot be used for rule head")
            }
            Kind::Name(name) if matches!(&**name, "every" | "if" | "in") => {
                self.error(format!("{name} keyword cannot be used for rule name"))
            }
            _ => self.unexpected(""),
        }
    }

    fn otherwise(&mut self) -> Parsed<Else> {
        let start = self.span();
        self.advance()?;
        let value = self.assigned()?;
        let (has_if, braces) = (self.at_keyword("if"), self.at_sign("{"));
        if value.is_none() && !has_if && !braces {
            return self.unexpected("expected else value term or rule body");
        }
        if braces && self.version == Version::V1 {
            let message = "`if` keyword is required before rule body".to_owned();
            self.errors.push(SyntaxError { message, span: start });
        }
        let body = if has_if {
            self.advance()?;
            match self.at_sign("{") {
                true => self.braced("")?,
                false if self.token.kind == Kind::End => return self.unexpected("rule body expected"),
                false => vec![self.expr()?],
            }
        } else if braces {
            self.braced("")?
        } else {
            Vec::new()
        };
        Ok(Else { value, body, span: self.since(start) })
    }

    fn head(&mut self) -> Parsed<Head> {
        let start = self.span();
        let first = self.name()?;
        let mut path = vec![Term::new(TermKind::Var(first), start)];
        self.ref_steps(&mut path)?;
        let mut args = None;
        if self.at_adjacent("(") {
            self.advance()?;
            args = Some(self.terms_until(")")?);
        }
        let mut member = None;
        if self.at_keyword("contains") {
            if args.is_some() {
                let message = "the contains keyword can only be used with multi-value rule definitions";
                let name = self.lexer.text.get(start.start as usize..start.end as usize).unwrap_or_default();
                return self.unexpected(&format!("{message} (e.g., {name} contains <VALUE> {{ ... }})"));
            }
            self.advance()?;
            member = Some(self.term()?);
            return Ok(Head { path, args, member, value: None, span: self.since(start) });
        }
        let value = self.assigned()?;
        if args.as_ref().is_some_and(Vec::is_empty) {
            let bare = value.is_none() && !self.at_keyword("if") && !self.at_sign("{");
            if bare {
                return self.error_at(start, "rule argument list must take at least one argument");
            }
            // What takes nothing is no function.
            args = None;
        }
        Ok(Head { path, args, member, value, span: self.since(start) })
    }

    /// `:= value` or `= value`
    fn assigned(&mut self) -> Parsed<Option<Term>> {
        if self.eat_sign(":=")? || self.eat_sign("=")? { Ok(Some(self.term()?)) } else { Ok(None) }
    }

    /// `if …` or a body in braces; nothing is an empty body.
    fn rule_body(&mut self) -> Parsed<Body> {
        if !self.eat_keyword("if")? {
            return if self.at_sign("{") { self.braced("") } else { Ok(Vec::new()) };
        }
        if !self.at_sign("{") {
            return Ok(vec![self.expr()?]);
        }
        // An object or a comparison that begins with a brace; a mere set is a body of one expression.
        let mark = self.mark();
        match self.expr() {
            Ok(expr) if !is_set(&expr) => Ok(vec![expr]),
            Err(error) if error.is_final() => Err(error),
            _ => {
                self.back_to(mark);
                self.braced("")
            }
        }
    }

    /// `{ body }`
    pub(super) fn braced(&mut self, note: &str) -> Parsed<Body> {
        self.sign("{", note)?;
        let body = self.exprs(&Kind::Sign("}"))?;
        self.sign("}", "")?;
        Ok(body)
    }
}

fn is_set(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Term(Term { kind: TermKind::Set(_), .. })) && expr.with.is_empty()
}

/// What a default may be: a value without names outside of comprehensions, and only names as parameters.
fn check_default(head: &Head, span: Span) -> Parsed<()> {
    let wrong =
        |message: String| Err(SyntaxError { message: format!("illegal default rule ({message})"), span });
    if head.member.is_some() {
        return wrong("must have a value".to_owned());
    }
    if let Some(kind) = head.value.as_ref().and_then(names_in_value) {
        return wrong(format!("value cannot contain {kind}"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for arg in head.args.iter().flatten() {
        match &arg.kind {
            TermKind::Var(name) if **name != *"_" && seen.contains(&&**name) => {
                return wrong(format!("arguments cannot be repeated {name}"));
            }
            TermKind::Var(name) => seen.push(name),
            other => return wrong(format!("arguments cannot contain {}", kind_name(other))),
        }
    }
    Ok(())
}

fn names_in_value(term: &Term) -> Option<&'static str> {
    match &term.kind {
        TermKind::Var(_) | TermKind::Ref(..) | TermKind::Call(..) => Some(kind_name(&term.kind)),
        TermKind::Array(items) | TermKind::Set(items) => items.iter().find_map(names_in_value),
        TermKind::Object(pairs) => {
            pairs.iter().find_map(|(key, value)| names_in_value(key).or_else(|| names_in_value(value)))
        }
        _ => None,
    }
}
