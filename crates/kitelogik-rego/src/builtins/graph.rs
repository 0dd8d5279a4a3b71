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

/// The neighbours of a node, an array or a set; `None` if the graph does not have the node. What is neither has none.
fn edges<'a>(graph: Object<'a>, node: Val<'a>) -> Option<Val<'a>> {
    graph.get(node)
}

fn count(edges: Val<'_>) -> usize {
    match edges {
        Val::Array(array) => array.len(),
        Val::Set(set) => set.len(),
        _ => 0,
    }
}

fn neighbour<'a>(edges: Val<'a>, at: usize) -> Option<Val<'a>> {
    match edges {
        Val::Array(array) => array.get(at),
        Val::Set(set) => set.get(at),
        _ => None,
    }
}

fn reachable<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let graph = object(args, 1)?;
    let mut queue = collection(args, 2, &["{array, set}"])?;
    let mut reached = BTreeSet::new();
    while let Some(node) = queue.pop() {
        // A node may wait more than once; only its first turn looks at its neighbours.
        if reached.contains(&node) {
            continue;
        }
        let Some(edges) = edges(graph, node) else { continue };
        cx.step(1 + count(edges) as u64)?;
        reached.insert(node);
        queue
            .extend((0..count(edges)).filter_map(|at| neighbour(edges, at)).filter(|n| !reached.contains(n)));
    }
    Ok(Some(cx.arena().set_sorted(&reached.into_iter().collect::<Vec<_>>())?))
}

/// True if a path ends before this node.
fn closed<'a>(graph: Object<'a>, path: &[Val<'a>], node: Val<'a>) -> bool {
    // A start may follow itself once.
    (path.len() > 1 && path.contains(&node)) || graph.get(node).is_none()
}

/// Each path from a start to where it ends: at a node without edges, one that the graph does not have, or
/// before one that it went through already.
fn paths<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let graph = object(args, 1)?;
    let starts = collection(args, 2, &["{array, set}"])?.len();
    cx.step(starts as u64)?;
    let mut found = Vec::new();
    // One path, and for each node on it, and for the starts, the neighbours that are left to go to: copies of the
    // path for nodes that wait would take memory that nothing counts.
    let mut path: Vec<Val<'a>> = Vec::new();
    let mut open = vec![(any(args, 2), starts)];
    while let Some((around, left)) = open.last_mut() {
        let Some(at) = left.checked_sub(1) else {
            open.pop();
            path.pop();
            continue;
        };
        *left = at;
        let Some(node) = neighbour(*around, at) else { continue };
        if closed(graph, &path, node) {
            continue;
        }
        path.push(node);
        cx.step(path.len() as u64)?;
        if path.len() > 10_000 || found.len() > 1_000_000 {
            return Err(BuiltinError::Limit(Limit::Items));
        }
        let next = edges(graph, node).unwrap_or_default();
        // Each neighbour is looked for on the path.
        cx.step((count(next) as u64).saturating_mul(1 + path.len() as u64 / 16))?;
        let ends = |n: Val<'a>| closed(graph, &path, n);
        if count(next) == 0 || (0..count(next)).filter_map(|at| neighbour(next, at)).any(ends) {
            found.push(cx.arena().array(&path)?);
        }
        open.push((next, count(next)));
    }
    Ok(Some(cx.arena().set(found)?))
}

/// The key and the value of what stands at a place within a value.
fn child<'a>(within: Val<'a>, at: usize) -> Option<(Val<'a>, Val<'a>)> {
    match within {
        Val::Array(array) => Some((Val::Int(i64::try_from(at).ok()?), array.get(at)?)),
        Val::Object(object) => object.pair(at),
        Val::Set(set) => set.get(at).map(|member| (member, member)),
        _ => None,
    }
}

/// Every value within a value, with its path, outermost first.
fn walk<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> Result<Vec<Val<'a>>, BuiltinError> {
    let arena = cx.arena();
    let mut found = Vec::new();
    // One path, and for each value on it the place of the child that comes next: a path for each child that waits
    // would take memory that nothing counts.
    let mut path: Vec<Val<'a>> = Vec::new();
    let mut open: Vec<(Val<'a>, usize)> = Vec::new();
    let mut next = Some(any(args, 1));
    loop {
        if let Some(value) = next {
            cx.step(1 + path.len() as u64)?;
            let path_value = arena.array(&path)?;
            found.push(arena.array(&[path_value, value])?);
            open.push((value, 0));
        } else {
            open.pop();
            path.pop();
        }
        let Some((within, at)) = open.last_mut() else { return Ok(found) };
        let step = child(*within, *at);
        *at += 1;
        path.extend(step.map(|(key, _)| key));
        next = step.map(|(_, value)| value);
    }
}
