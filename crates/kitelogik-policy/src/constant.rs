//! Values of entry rules that are written out, and that no event can change.

use crate::{Package, answer};
use kitelogik_rego::{
    Val,
    syntax::ast::{Rule, Span, Term, TermKind},
};
use kitelogik_value::{Number, Value};

/// Deeper ones are left for the evaluation to judge.
const MAX_DEPTH: usize = 16;

/// Why a rule, or an `else` of it, that says what the package's main rule is could never give a decision: what is wrong
/// with its constant, and where. What is computed is judged when it is known.
pub(crate) fn undecided(package: Package, rule: &Rule) -> Vec<(String, Span)> {
    let name = package.main_rule();
    if rule.head.path.len() != 1 || rule.head.args.is_some() {
        return Vec::new();
    }
    if rule.head.member.is_some() {
        return vec![(format!("`{name}` is a set of what it contains here"), rule.span)];
    }
    let said = [(rule.head.value.as_ref(), rule.span)];
    let others = rule.otherwise.iter().map(|other| (other.value.as_ref(), other.span));
    let wrong = |value: &Value| match package {
        // An author who writes this asks for the denial of what nothing decides.
        Package::Event(_) if value.as_object().is_some_and(<[_]>::is_empty) => None,
        Package::Event(_) => answer::misshapen(value),
        Package::Tako => value
            .as_bool()
            .is_none()
            .then(|| format!("`{name}` is {}, not true or false", Val::from_value(value).kind().name())),
    };
    said.into_iter()
        .chain(others)
        .filter_map(|(term, span)| {
            // A value that is left out is `true`.
            let value = term.map_or(Some(true.into()), |term| constant(term, MAX_DEPTH))?;
            Some((wrong(&value)?, span))
        })
        .collect()
}

/// The value of a term that nothing has to be computed for.
fn constant(term: &Term, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let all = |terms: &[Term]| terms.iter().map(|term| constant(term, depth)).collect::<Option<Vec<_>>>();
    match &term.kind {
        TermKind::Null => Some(Value::Null),
        TermKind::Bool(said) => Some((*said).into()),
        TermKind::Number(literal) => Number::parse(literal).map(Value::from),
        TermKind::String(text) => Some((**text).into()),
        TermKind::Array(items) => all(items).map(Value::array),
        TermKind::Set(items) => all(items).map(Value::set),
        TermKind::Object(pairs) => {
            let pair = |(key, value): &(Term, Term)| Some((constant(key, depth)?, constant(value, depth)?));
            pairs.iter().map(pair).collect::<Option<Vec<_>>>().map(Value::object)
        }
        _ => None,
    }
}
