//! Hints at an import that is missing: without it `in`, `every`, `if` and the like are names.

use super::Parser;
use crate::syntax::{
    ast::{Expr, ExprKind, Term, TermKind},
    lexer::Kind,
};

impl Parser<'_> {
    /// Behind an expression, where what comes next cannot belong to it.
    pub(super) fn hint_behind(&self, before: Option<&Expr>) -> String {
        let operator = match &self.token.kind {
            Kind::Name(name) if matches!(&**name, "in" | "and" | "or") => name,
            Kind::Sign(",") => "in",
            _ => "",
        };
        let (keyword, example) = match before.map(|expr| &expr.kind) {
            Some(ExprKind::Some(_)) if operator == "in" => ("in", "some x in xs".to_owned()),
            Some(ExprKind::Term(Term { kind: TermKind::Var(name), .. }))
                if **name == *"every" && matches!(self.token.kind, Kind::Name(_)) =>
            {
                ("every", "every x in xs { ... }".to_owned())
            }
            _ => (operator, format!("x {operator} xs")),
        };
        let example = if matches!(keyword, "and" | "or") { format!("x {keyword} y") } else { example };
        if keyword.is_empty() || self.keywords.is(keyword) {
            return String::new();
        }
        format!(" (hint: `import future.keywords.{keyword}` for `{example}` expressions)")
    }

    /// Behind a name alone that should have been a rule, or at a rule that is only called `if` or `contains`.
    pub(super) fn hint_at_head(&self, name: &str) -> String {
        let next = match &self.token.kind {
            Kind::Name(next) if !self.token.broken => &**next,
            _ => "",
        };
        let example = |keyword: &str| if keyword == "if" { "p if { ... }" } else { "p contains x" };
        let missing = |word: &&str| matches!(*word, "if" | "contains") && !self.keywords.is(word);
        [name, next].iter().find(|word| missing(word)).map_or_else(String::new, |keyword| {
            format!(" (hint: `import future.keywords.{keyword}` for `{}` rules)", example(keyword))
        })
    }
}
