//! A module's syntax tree as the JSON document that `opa parse --format json` prints, without comments.

use super::document::Document;
use kitelogik_rego::syntax::ast::{
    Else, Expr, ExprKind, Head, Import, Module, Operand, Part, Rule, Term, TermKind, With,
};
use kitelogik_value::{Number, Value};
use std::cmp::Ordering;

/// The document of a module, whose source is needed to tell `=` from `:=`.
pub(super) fn document(module: &Module, text: &str) -> Document {
    let mut tree = Tree { text, wildcards: 0 };
    let mut package = vec![leaf("var", "data")];
    package.extend(module.package.iter().map(|name| leaf("string", &**name)));
    let mut pairs = vec![("package", Document::Object(vec![("path", Document::List(package))]))];
    if !module.imports.is_empty() {
        pairs.push(("imports", Document::List(module.imports.iter().map(import).collect())));
    }
    let rules: Vec<Document> = module.rules.iter().map(|rule| tree.rule(rule)).collect();
    if !rules.is_empty() {
        pairs.push(("rules", Document::List(rules)));
    }
    Document::Object(pairs)
}

fn leaf(kind: &'static str, value: impl Into<Document>) -> Document {
    Document::Object(vec![("type", kind.into()), ("value", value.into())])
}

/// A reference that is a name alone.
fn root(name: &str) -> Document {
    leaf("ref", Document::List(vec![leaf("var", name)]))
}

fn import(import: &Import) -> Document {
    let mut path = import.path.iter();
    let mut terms = vec![leaf("var", path.next().map(|name| &**name).unwrap_or_default())];
    terms.extend(path.map(|name| leaf("string", &**name)));
    let mut pairs = vec![("path", leaf("ref", Document::List(terms)))];
    pairs.extend(import.alias.as_ref().map(|alias| ("alias", (&**alias).into())));
    Document::Object(pairs)
}

struct Tree<'s> {
    text: &'s str,
    /// How many `_` have been met: each is a variable of its own, `$0`, `$1` …
    wildcards: u64,
}

impl Tree<'_> {
    fn rule(&mut self, rule: &Rule) -> Document {
        let head = self.head(&rule.head);
        let mut pairs = Vec::new();
        if rule.default {
            pairs.push(("default", true.into()));
        }
        pairs.push(("head", head));
        pairs.push(("body", self.rule_body(&rule.body)));
        if let Some((first, rest)) = rule.otherwise.split_first() {
            pairs.push(("else", self.otherwise(&rule.head, first, rest)));
        }
        Document::Object(pairs)
    }

    /// An `else` has the head of its rule with a value of its own, and holds the `else` after it.
    fn otherwise(&mut self, head: &Head, this: &Else, rest: &[Else]) -> Document {
        let head = Head { value: this.value.clone(), span: this.span, ..head.clone() };
        let mut pairs = vec![("head", self.head(&head)), ("body", self.rule_body(&this.body))];
        if let Some((first, rest)) = rest.split_first() {
            pairs.push(("else", self.otherwise(&head, first, rest)));
        }
        Document::Object(pairs)
    }

    fn head(&mut self, head: &Head) -> Document {
        let mut pairs = Vec::new();
        let name = match head.path.as_slice() {
            [name] => Some(name),
            [name, _] if head.args.is_none() && head.value.is_some() => Some(name),
            [name, _] if head.args.is_some() && head.value.is_none() => Some(name),
            _ => None,
        };
        if let Some(TermKind::Var(name)) = name.map(|name| &name.kind) {
            pairs.push(("name", (&**name).into()));
        }
        let reference = self.terms(&head.path);
        match (&head.member, head.path.as_slice()) {
            (Some(member), _) => pairs.push(("key", self.term(member))),
            (None, [_, key]) if head.args.is_none() && (head.value.is_some() || !is_constant(key)) => {
                pairs.push(("key", self.term(key)));
            }
            _ => {}
        }
        pairs.extend(head.args.as_ref().map(|args| ("args", self.terms(args))));
        match &head.value {
            Some(value) => {
                pairs.push(("value", self.term(value)));
                if self.is_assigned(head, value) {
                    pairs.push(("assign", true.into()));
                }
            }
            None if head.member.is_none() => pairs.push(("value", leaf("boolean", true))),
            None => {}
        }
        pairs.push(("ref", reference));
        Document::Object(pairs)
    }

    /// Whether `:=` stands before the value, not `=`.
    fn is_assigned(&self, head: &Head, value: &Term) -> bool {
        let last = head.member.iter().chain(head.args.iter().flatten()).chain(&head.path);
        let end = last.map(|term| term.span.end).filter(|end| *end <= value.span.start).max();
        let start = end.unwrap_or_default().max(head.span.start) as usize;
        self.text.get(start..value.span.start as usize).is_some_and(|between| between.contains(":="))
    }

    /// A body that is not there holds `true`, marked as made up.
    fn rule_body(&mut self, body: &[Expr]) -> Document {
        if body.is_empty() {
            let pairs =
                vec![("generated", true.into()), ("index", 0_u64.into()), ("terms", leaf("boolean", true))];
            return Document::List(vec![Document::Object(pairs)]);
        }
        self.body(body)
    }

    fn body(&mut self, body: &[Expr]) -> Document {
        Document::List((0..).zip(body).map(|(index, expr)| self.expr(index, expr)).collect())
    }

    fn expr(&mut self, index: u64, expr: &Expr) -> Document {
        let mut pairs = vec![("index", index.into())];
        let terms = match &expr.kind {
            ExprKind::Term(term) => self.expr_terms(term),
            ExprKind::Not(body) => {
                pairs.push(("negated", true.into()));
                match body.as_slice() {
                    [Expr { kind: ExprKind::Term(term), .. }] => self.expr_terms(term),
                    body => self.body(body),
                }
            }
            ExprKind::NotWhole(operand) => Document::Object(vec![
                ("body", self.body(&operand.body)),
                ("explicit_body", operand.braced.into()),
                ("type", "not".into()),
            ]),
            ExprKind::And(operands) => self.operands("and", operands),
            ExprKind::Or(operands) => self.operands("or", operands),
            ExprKind::Some(declared) => {
                let symbols = declared.iter().map(|(name, _)| leaf("var", &**name));
                Document::Object(vec![("symbols", Document::List(symbols.collect()))])
            }
            ExprKind::SomeIn { key, value, domain } => {
                let name = if key.is_some() { "member_3" } else { "member_2" };
                let operator =
                    leaf("ref", Document::List(vec![leaf("var", "internal"), leaf("string", name)]));
                let mut terms = vec![operator];
                terms.extend(key.iter().chain([value, domain]).map(|term| self.term(term)));
                let call = leaf("call", Document::List(terms));
                Document::Object(vec![("symbols", Document::List(vec![call]))])
            }
            ExprKind::Every { key, value, domain, body } => {
                let key = key.as_ref().map_or(Document::Value(Value::Null), |key| self.term(key));
                let value = self.term(value);
                let domain = self.term(domain);
                Document::Object(vec![
                    ("key", key),
                    ("value", value),
                    ("domain", domain),
                    ("body", self.body(body)),
                ])
            }
        };
        pairs.push(("terms", terms));
        if !expr.with.is_empty() {
            pairs.push(("with", Document::List(expr.with.iter().map(|with| self.with(with)).collect())));
        }
        Document::Object(pairs)
    }

    /// Operands in pairs: the first two as the left side of the third.
    fn operands(&mut self, operator: &'static str, operands: &[Operand]) -> Document {
        let mut operands = operands.iter();
        let Some(first) = operands.next() else { return Document::Object(Vec::new()) };
        let (mut left, mut braced) = (self.body(&first.body), first.braced);
        let mut joined = None;
        for operand in operands {
            if let Some(joined) = joined.take() {
                let expr = Document::Object(vec![("index", 0_u64.into()), ("terms", joined)]);
                (left, braced) = (Document::List(vec![expr]), false);
            }
            let mut pairs = Vec::new();
            if braced {
                pairs.push(("explicit_lhs", true.into()));
            }
            if operand.braced {
                pairs.push(("explicit_rhs", true.into()));
            }
            let left = std::mem::replace(&mut left, Document::List(Vec::new()));
            pairs.extend([("lhs", left), ("rhs", self.body(&operand.body)), ("type", operator.into())]);
            joined = Some(Document::Object(pairs));
        }
        joined.unwrap_or(left)
    }

    fn with(&mut self, with: &With) -> Document {
        let target = match &with.target.kind {
            TermKind::Var(name) => root(name),
            _ => self.term(&with.target),
        };
        Document::Object(vec![("target", target), ("value", self.term(&with.value))])
    }

    /// A call stands as the list of its function and arguments, another term as it is.
    fn expr_terms(&mut self, term: &Term) -> Document {
        match &term.kind {
            TermKind::Call(function, args) => self.call(function, args),
            _ => self.term(term),
        }
    }

    fn call(&mut self, function: &Term, args: &[Term]) -> Document {
        let function = match &function.kind {
            TermKind::Var(name) => root(name),
            _ => self.term(function),
        };
        let args = args.iter().map(|arg| self.term(arg));
        Document::List([function].into_iter().chain(args).collect())
    }

    fn terms(&mut self, terms: &[Term]) -> Document {
        Document::List(terms.iter().map(|term| self.term(term)).collect())
    }

    fn term(&mut self, term: &Term) -> Document {
        match &term.kind {
            TermKind::Null => leaf("null", Document::Object(Vec::new())),
            TermKind::Bool(value) => leaf("boolean", *value),
            TermKind::Number(text) => {
                leaf("number", Document::Value(Number::parse(text).map_or(Value::Null, Value::Number)))
            }
            TermKind::String(text) => leaf("string", &**text),
            TermKind::Var(name) if &**name == "_" => {
                self.wildcards += 1;
                leaf("var", format!("${}", self.wildcards - 1))
            }
            TermKind::Var(name) if matches!(&**name, "data" | "input") => root(name),
            TermKind::Var(name) => leaf("var", &**name),
            // Made when names are resolved, which has not been done here.
            TermKind::Local(slot) => leaf("var", format!("local{slot}")),
            TermKind::Ref(head, steps) => {
                let mut terms = vec![match &head.kind {
                    TermKind::Var(name) if &**name != "_" => leaf("var", &**name),
                    _ => self.term(head),
                }];
                terms.extend(steps.iter().map(|step| self.term(step)));
                leaf("ref", Document::List(terms))
            }
            TermKind::Call(function, args) => leaf("call", self.call(function, args)),
            TermKind::Array(items) => leaf("array", self.terms(items)),
            TermKind::Set(members) => {
                let mut members: Vec<_> = members.iter().map(|member| (member, self.term(member))).collect();
                members.sort_by(|a, b| order(a.0, b.0));
                members.dedup_by(|a, b| order(a.0, b.0).is_eq() && is_constant(a.0));
                leaf("set", Document::List(members.into_iter().map(|(_, member)| member).collect()))
            }
            TermKind::Object(pairs) => {
                let mut pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| (key, Document::List(vec![self.term(key), self.term(value)])))
                    .collect();
                pairs.sort_by(|a, b| order(a.0, b.0));
                leaf("object", Document::List(pairs.into_iter().map(|(_, pair)| pair).collect()))
            }
            TermKind::ArrayOf(head, body) => {
                self.comprehension("arraycomprehension", &[("term", head)], body)
            }
            TermKind::SetOf(head, body) => self.comprehension("setcomprehension", &[("term", head)], body),
            TermKind::ObjectOf(pair, body) => {
                self.comprehension("objectcomprehension", &[("key", &pair.0), ("value", &pair.1)], body)
            }
            TermKind::Template(parts) => {
                let raw =
                    self.text.get(term.span.start as usize..).is_some_and(|text| text.starts_with("$`"));
                let parts = match parts.as_slice() {
                    [] => Document::Value(Value::Null),
                    parts => Document::List(parts.iter().map(|part| self.part(part)).collect()),
                };
                leaf("templatestring", Document::Object(vec![("parts", parts), ("multi_line", raw.into())]))
            }
        }
    }

    fn comprehension(
        &mut self,
        kind: &'static str,
        heads: &[(&'static str, &Term)],
        body: &[Expr],
    ) -> Document {
        let mut pairs: Vec<(&'static str, Document)> =
            heads.iter().map(|(name, head)| (*name, self.term(head))).collect();
        pairs.push(("body", self.body(body)));
        leaf(kind, Document::Object(pairs))
    }

    fn part(&mut self, part: &Part) -> Document {
        match part {
            Part::Text(text) => leaf("string", &**text),
            Part::Hole(expr) => match &expr.kind {
                ExprKind::Term(term) if expr.with.is_empty() && is_scalar(term) => self.term(term),
                _ => self.expr(0, expr),
            },
        }
    }
}

fn is_scalar(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

fn is_constant(term: &Term) -> bool {
    match &term.kind {
        _ if is_scalar(term) => true,
        TermKind::Array(items) | TermKind::Set(items) => items.iter().all(is_constant),
        TermKind::Object(pairs) => pairs.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        _ => false,
    }
}

/// The order in which members of sets and keys of objects stand.
pub(super) fn order(a: &Term, b: &Term) -> Ordering {
    let rank = |term: &Term| match term.kind {
        TermKind::Null => 0,
        TermKind::Bool(_) => 1,
        TermKind::Number(_) => 2,
        TermKind::String(_) => 3,
        TermKind::Var(_) | TermKind::Local(_) => 4,
        TermKind::Ref(..) => 5,
        TermKind::Array(_) => 6,
        TermKind::Object(_) => 7,
        TermKind::Set(_) => 8,
        TermKind::ArrayOf(..) => 9,
        TermKind::ObjectOf(..) => 10,
        TermKind::SetOf(..) => 11,
        TermKind::Call(..) => 12,
        TermKind::Template(_) => 13,
    };
    let each = |a: &[Term], b: &[Term]| {
        let first = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|order| order.is_ne());
        first.unwrap_or_else(|| a.len().cmp(&b.len()))
    };
    match (&a.kind, &b.kind) {
        (TermKind::Bool(a), TermKind::Bool(b)) => a.cmp(b),
        (TermKind::Number(a), TermKind::Number(b)) => Number::cmp_text(a, b),
        (TermKind::String(a), TermKind::String(b)) | (TermKind::Var(a), TermKind::Var(b)) => a.cmp(b),
        (TermKind::Array(a), TermKind::Array(b)) => each(a, b),
        (TermKind::Ref(a, more), TermKind::Ref(b, others)) => order(a, b).then_with(|| each(more, others)),
        (TermKind::Set(a), TermKind::Set(b)) => {
            let sorted = |terms: &[Term]| {
                let mut terms = terms.to_vec();
                terms.sort_by(order);
                terms
            };
            each(&sorted(a), &sorted(b))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}
