//! The index of a group: where many rules want another constant at one place of the input, only those that want
//! the one that is there are tried. Like OPA's, it may skip a body that would have failed in an error.

use crate::ops::{Callee, Comparison, Definition, Index, Op, Slot, Term};
use kitelogik_value::Value;
use std::collections::{BTreeMap, HashMap};

/// With fewer definitions than this, trying them all costs no more than asking the index.
const FEWEST: usize = 3;

/// A place of the input, and the constants of which a body wants one there.
type Guard<'d> = (&'d [Value], Vec<&'d Value>);

/// The index on the place that leaves the fewest definitions to be tried, if there is any worth it.
pub(super) fn index(definitions: &[Definition]) -> Option<Index> {
    if definitions.len() < FEWEST {
        return None;
    }
    let guards: Vec<Vec<Guard<'_>>> = definitions.iter().map(guards).collect();
    let mut places: BTreeMap<&[Value], BTreeMap<&Value, usize>> = BTreeMap::new();
    for (path, values) in guards.iter().flatten() {
        for value in values {
            *places.entry(path).or_default().entry(value).or_default() += 1;
        }
    }
    // What is skipped in the worst case: all that is guarded but for the constant that most bodies want.
    let skipped = |wanted: &BTreeMap<&Value, usize>| {
        wanted.values().sum::<usize>() - wanted.values().max().copied().unwrap_or_default()
    };
    let (path, wanted) = places.into_iter().max_by_key(|(_, wanted)| skipped(wanted))?;
    if skipped(&wanted) == 0 {
        return None;
    }
    let mut always = Vec::new();
    let mut by_value: BTreeMap<&Value, Vec<u32>> = BTreeMap::new();
    for (at, guards) in (0..).zip(&guards) {
        match guards.iter().find(|(place, _)| *place == path) {
            None => always.push(at),
            Some((_, values)) => {
                for value in values {
                    let list = by_value.entry(value).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
        }
    }
    let mut strings = HashMap::new();
    let mut others = Vec::new();
    for (value, list) in by_value {
        match value.as_str() {
            Some(text) => {
                strings.insert(text.into(), list.into());
            }
            None => others.push((value.clone(), list.into())),
        }
    }
    let watched = definitions.iter().find_map(|definition| watched(definition, path)).unwrap_or_default();
    Some(Index {
        at: Term::Input(path.into(), watched),
        always: always.into(),
        strings,
        others: others.into(),
    })
}

/// What a definition's body wants of the input. What has an `else` is tried whatever its body wants.
fn guards(definition: &Definition) -> Vec<Guard<'_>> {
    if !definition.otherwise.is_empty() {
        return Vec::new();
    }
    let mut kept: HashMap<Slot, &[Value]> = HashMap::new();
    let mut found: Vec<Guard<'_>> = Vec::new();
    for op in &definition.body {
        let guard = match op {
            Op::Bind(slot, Term::Input(path, _)) => {
                kept.insert(*slot, path);
                None
            }
            Op::Equal(a, b) => equality(a, b, &kept),
            Op::Test(Term::Compare(Comparison::Equal, sides)) => equality(&sides.0, &sides.1, &kept),
            Op::Test(Term::Call(Callee::Builtin(def), args, _)) if def.name == "internal.member_2" => {
                member(args, &kept)
            }
            _ => None,
        };
        found.extend(guard);
    }
    found
}

fn equality<'d>(a: &'d Term, b: &'d Term, kept: &HashMap<Slot, &'d [Value]>) -> Option<Guard<'d>> {
    match (place(a, kept), b, place(b, kept), a) {
        (Some(path), Term::Const(value), ..) | (.., Some(path), Term::Const(value)) => {
            Some((path, vec![value]))
        }
        _ => None,
    }
}

fn member<'d>(args: &'d [Term], kept: &HashMap<Slot, &'d [Value]>) -> Option<Guard<'d>> {
    let [value, Term::Const(all)] = args else { return None };
    let members = match all {
        Value::Array(items) | Value::Set(items) => items.iter().collect(),
        _ => return None,
    };
    Some((place(value, kept)?, members))
}

fn place<'d>(term: &'d Term, kept: &HashMap<Slot, &'d [Value]>) -> Option<&'d [Value]> {
    match term {
        Term::Input(path, _) => Some(path),
        Term::Slot(slot) => kept.get(slot).copied(),
        _ => None,
    }
}

/// The watch bits of a place, as one of the terms that name it has them.
fn watched(definition: &Definition, path: &[Value]) -> Option<u64> {
    let of = |term: &Term| match term {
        Term::Input(at, watched) if **at == *path => Some(*watched),
        _ => None,
    };
    definition.body.iter().find_map(|op| match op {
        Op::Bind(_, term) => of(term),
        Op::Equal(a, b) => of(a).or_else(|| of(b)),
        Op::Test(Term::Compare(_, sides)) => of(&sides.0).or_else(|| of(&sides.1)),
        Op::Test(Term::Call(_, args, _)) => args.iter().find_map(of),
        _ => None,
    })
}
