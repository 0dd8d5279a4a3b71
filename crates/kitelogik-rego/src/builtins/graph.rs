//! `graph.reachable`, `graph.reachable_paths` and `walk`.

use super::{
    operands::{any, collection, object},
    types::{ANY, ANY_ARRAY, ANY_SET, ARRAY_OR_SET, def},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Call, Type},
    val::{Object, Val},
};
use std::collections::BTreeSet;

const GRAPH: Type = Type::Object(&[], Some((&Type::Any, &ARRAY_OR_SET)));

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("graph.reachable", &[GRAPH, ARRAY_OR_SET], ANY_SET, reachable),
    def("graph.reachable_paths", &[GRAPH, ARRAY_OR_SET], Type::Set(&ANY_ARRAY), paths),
    BuiltinDef {
        name: "walk",
        args: &[ANY],
        result: Type::Tuple(&[ANY_ARRAY, ANY]),
        nondeterministic: false,
        call: Call::Relation(walk),
    },
];

/// The neighbours of a node; `None` if the graph does not have the node.
fn edges<'a>(graph: Object<'a>, node: Val<'a>) -> Option<Vec<Val<'a>>> {
    Some(match graph.get(node)? {
        Val::Array(array) => array.iter().collect(),
        Val::Set(set) => set.iter().collect(),
        _ => Vec::new(),
    })
}

fn reachable<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let graph = object(args, 1)?;
    let mut queue = collection(args, 2, &["{array, set}"])?;
    let mut reached = BTreeSet::new();
    while let Some(node) = queue.pop() {
        let Some(next) = edges(graph, node) else { continue };
        if reached.insert(node) {
            cx.step(1 + next.len() as u64)?;
            queue.extend(next.into_iter().filter(|n| !reached.contains(n)));
        }
    }
    Ok(Some(cx.arena().set_sorted(&reached.into_iter().collect::<Vec<_>>())?))
}

/// Each path from a start to where it ends: at a node without edges, one that the graph does not have, or
/// before one that it went through already.
fn paths<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let graph = object(args, 1)?;
    let starts = collection(args, 2, &["{array, set}"])?;
    let mut found = Vec::new();
    let mut open: Vec<Vec<Val<'a>>> = Vec::new();
    for start in starts {
        if graph.get(start).is_some() {
            open.push(vec![start]);
        }
    }
    while let Some(path) = open.pop() {
        cx.step(path.len() as u64)?;
        if path.len() > 10_000 || found.len() > 1_000_000 {
            return Err(BuiltinError::Limit(Limit::Items));
        }
        let next = path.last().and_then(|node| edges(graph, *node)).unwrap_or_default();
        if next.is_empty() {
            found.push(cx.arena().array(&path)?);
        }
        for node in next {
            // A start may follow itself once.
            if (path.len() > 1 && path.contains(&node)) || graph.get(node).is_none() {
                found.push(cx.arena().array(&path)?);
            } else {
                let mut longer = path.clone();
                longer.push(node);
                open.push(longer);
            }
        }
    }
    Ok(Some(cx.arena().set(found)?))
}

/// Every value within a value, with its path, outermost first.
fn walk<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> Result<Vec<Val<'a>>, BuiltinError> {
    let arena = cx.arena();
    let mut found = Vec::new();
    let mut open: Vec<(Vec<Val<'a>>, Val<'a>)> = vec![(Vec::new(), any(args, 1))];
    while let Some((path, value)) = open.pop() {
        cx.step(1 + path.len() as u64)?;
        let path_value = arena.array(&path)?;
        found.push(arena.array(&[path_value, value])?);
        let mut push = |key: Val<'a>, member: Val<'a>| {
            let mut longer = path.clone();
            longer.push(key);
            open.push((longer, member));
        };
        // Pushed last to first, so that the first comes off the stack first.
        match value {
            Val::Array(array) => {
                for (at, item) in array.iter().enumerate().rev() {
                    push(Val::Int(at as i64), item);
                }
            }
            Val::Object(object) => {
                for at in (0..object.len()).rev() {
                    if let Some((key, member)) = object.pair(at) {
                        push(key, member);
                    }
                }
            }
            Val::Set(set) => {
                for member in set.iter().rev() {
                    push(member, member);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}
