//! Queries, and the values of their expressions. The engine gives the bindings of a query's variables, so each
//! expression that has a value gets a variable of its own.

use super::fault::Fault;
use kitelogik_rego::{
    Context, Dialect, Entry, Evaluator, Input, Limits, Place, Program, Source,
    syntax::{
        ast::{Expr, ExprKind, Span, Term, TermKind, Version},
        parse_body,
    },
};
use kitelogik_value::Value;

/// One solution.
pub(super) struct Row {
    /// The value of each of [`Query::expressions`]
    pub(super) values: Vec<Value>,
    /// The variables and what they stand for, in the order of their names
    pub(super) bindings: Vec<(String, Value)>,
}

/// An expression of the query.
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) row: u32,
    pub(super) column: u32,
    /// The variable that has its value; without one it is `true` where it holds
    variable: Option<String>,
    /// Where the variable goes in
    span: Span,
}

/// A query, compiled.
pub(super) struct Query {
    pub(super) expressions: Vec<Expression>,
    program: Program,
    entry: Entry,
    prefix: String,
    rewritten: Rewritten,
    /// False is an answer, not a failure: one expression that can have one value only
    false_too: bool,
}

/// A text into which something was put.
struct Rewritten {
    text: String,
    original: String,
    /// Where in the new text something stands that is not in the original, and how long it is
    inserted: Vec<(usize, usize)>,
}

impl Query {
    pub(super) fn compile(program: &Program, text: &str) -> Result<Self, Vec<Fault>> {
        if text.trim().is_empty() {
            return Err(vec![Fault::new("cannot evaluate empty query")]);
        }
        let source = Source { path: "query".into(), text: text.into(), dialect: Dialect::V1 };
        // First as it is: what is wrong with it is told of the text that the user gave.
        let (plain, entry) = program.query(text).map_err(|diagnostics| {
            let at = |place: &Place| Place { file: String::new(), ..place.clone() };
            diagnostics
                .into_iter()
                .map(|d| {
                    let in_query = d.place.file == "query";
                    let fault = Fault::of_diagnostic(d, std::slice::from_ref(&source));
                    if in_query { fault.moved(at) } else { fault }
                })
                .collect::<Vec<_>>()
        })?;
        let body = parse_body(text, 0, Version::V1).unwrap_or_default();
        let prefix = (0..).map(|n| format!("value{n}_")).find(|name| !text.contains(name.as_str()));
        let prefix = prefix.unwrap_or_default();
        let mut expressions = Vec::new();
        for (at, expr) in body.iter().enumerate() {
            let end = expr.with.first().map_or(expr.span.end, |with| with.span.start);
            let variable = match &expr.kind {
                ExprKind::Some(_) => continue,
                ExprKind::Term(term) => match &term.kind {
                    TermKind::Call(function, _) if is_unification(&function.kind) => None,
                    _ => Some(format!("{prefix}{at}")),
                },
                _ => None,
            };
            let before = text.get(..expr.span.start as usize).unwrap_or_default();
            let stands = text.get(expr.span.start as usize..expr.span.end as usize).unwrap_or_default();
            expressions.push(Expression {
                text: stands.to_owned(),
                row: before.matches('\n').count() as u32 + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1,
                variable,
                span: Span { end, ..expr.span },
            });
        }
        let rewritten = rewritten(text, &[]);
        let false_too = body.len() == 1 && !body.iter().any(iterates);
        let mut query = Self { expressions, program: plain, entry, prefix, rewritten, false_too };
        if !query.capture(program, text) {
            // A call that has its result as a last argument, or has none, has no value.
            query.release(program, text);
            query.capture(program, text);
        }
        Ok(query)
    }

    /// Compiles the query with the variables put in; false if that is none.
    fn capture(&mut self, program: &Program, text: &str) -> bool {
        let rewritten = rewritten(text, &self.expressions);
        match program.query(&rewritten.text) {
            Ok((program, entry)) => {
                (self.program, self.entry, self.rewritten) = (program, entry, rewritten);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes the variables from the expressions that bear none.
    fn release(&mut self, program: &Program, text: &str) {
        for expression in &mut self.expressions {
            let alone = rewritten(text, std::slice::from_ref(expression));
            if program.query(&alone.text).is_err() {
                expression.variable = None;
            }
        }
    }

    /// Every solution. One in which an expression is false is none, but for a single expression that does not
    /// iterate.
    pub(super) fn rows(
        &self,
        input: Option<&Value>,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<Vec<Row>, Fault> {
        let input = input.map_or(Input::None, Input::Value);
        let outcome =
            Evaluator::new().eval(&self.program, &self.entry, input, context, limits).map_err(|failure| {
                Fault::of_failure(&failure).moved(|place| self.rewritten.original_of(place))
            })?;
        let found = outcome.value.unwrap_or_default();
        let mut rows = Vec::new();
        for bindings in found.as_array().unwrap_or_default() {
            let value = |expression: &Expression| match &expression.variable {
                Some(variable) => bindings.get(variable).cloned().unwrap_or_default(),
                None => Value::from(true),
            };
            let values: Vec<Value> = self.expressions.iter().map(value).collect();
            if !self.false_too && values.iter().any(|value| value.as_bool() == Some(false)) {
                continue;
            }
            let bindings = bindings.as_object().unwrap_or_default().iter();
            let bindings = bindings
                .filter_map(|(name, value)| Some((name.as_str()?, value)))
                .filter(|(name, _)| !name.starts_with(&self.prefix))
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect();
            rows.push(Row { values, bindings });
        }
        Ok(rows)
    }
}

/// Whether the expression has a reference with a variable in it, or calls a relation; comprehensions apart.
fn iterates(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Term(term) => iterates_in(term),
        ExprKind::Not(body) => body.iter().any(iterates),
        _ => false,
    }
}

fn iterates_in(term: &Term) -> bool {
    match &term.kind {
        TermKind::Ref(head, steps) => {
            steps.iter().any(|step| matches!(step.kind, TermKind::Var(_)) || iterates_in(step))
                || iterates_in(head)
        }
        TermKind::Call(function, args) => {
            matches!(&function.kind, TermKind::Var(name) if &**name == "walk") || args.iter().any(iterates_in)
        }
        TermKind::Array(items) | TermKind::Set(items) => items.iter().any(iterates_in),
        TermKind::Object(pairs) => pairs.iter().any(|(key, value)| iterates_in(key) || iterates_in(value)),
        _ => false,
    }
}

/// `x := 1` and `x = 1` bind and have no value.
fn is_unification(function: &TermKind) -> bool {
    matches!(function, TermKind::Var(name) if matches!(&**name, "assign" | "eq"))
}

/// The text with `variable = (` before and `)` behind each expression that has a variable.
fn rewritten(text: &str, expressions: &[Expression]) -> Rewritten {
    let mut out = Rewritten { text: String::new(), original: text.to_owned(), inserted: Vec::new() };
    let mut at = 0;
    for expression in expressions {
        let Some(variable) = &expression.variable else { continue };
        let (start, end) = (expression.span.start as usize, expression.span.end as usize);
        out.text.push_str(text.get(at..start).unwrap_or_default());
        out.insert(&format!("{variable} = ("));
        out.text.push_str(text.get(start..end).unwrap_or_default());
        out.insert(")");
        at = end;
    }
    out.text.push_str(text.get(at..).unwrap_or_default());
    out
}

impl Rewritten {
    fn insert(&mut self, piece: &str) {
        self.inserted.push((self.text.len(), piece.len()));
        self.text.push_str(piece);
    }

    /// A place in the new text as one in the original; places in other files stay.
    fn original_of(&self, place: &Place) -> Place {
        if place.file != "query" {
            return place.clone();
        }
        let lines = self.text.split_inclusive('\n').take(place.line.saturating_sub(1) as usize);
        let line_start: usize = lines.map(str::len).sum();
        let line = self.text.get(line_start..).unwrap_or_default();
        let in_line: usize =
            line.chars().take(place.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        let offset = line_start + in_line;
        let before = self.inserted.iter().filter(|(at, _)| *at < offset);
        let offset = offset - before.map(|(at, length)| (*length).min(offset - at)).sum::<usize>();
        let before = self.original.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        Place { file: String::new(), line: place.line, column }
    }
}
