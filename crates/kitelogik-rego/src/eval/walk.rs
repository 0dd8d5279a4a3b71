//! References: through values, and through the tree in which rules and base documents meet.

use super::{Machine, R};
use crate::{
    ops::{From, GroupId, Node, NodeId, Step, Term, Walk},
    val::Val,
};

/// What to do with each value found; `false` means "enough".
type Found<'m, 'a> = &'m mut dyn FnMut(&mut Machine<'a, '_>, Val<'a>) -> R<bool>;
/// The same, with the key.
type Member<'m, 'a> = &'m mut dyn FnMut(&mut Machine<'a, '_>, Val<'a>, Val<'a>) -> R<bool>;

impl<'a> Machine<'a, '_> {
    /// Finds each value that a reference leads to.
    pub(super) fn walk(&mut self, walk: &'a Walk, found: Found<'_, 'a>) -> R<bool> {
        let value = match &walk.from {
            From::Term(term) => self.term(term)?,
            From::Rule(group) => return self.rule_steps(*group, &walk.steps, found),
            From::Node(node) => {
                let base = self.base_at(*node);
                let hidden = self.is_hidden(*node);
                return self.tree(*node, base, hidden, &walk.steps, found);
            }
        };
        match value {
            Some(value) => self.steps(value, false, &walk.steps, found),
            None => Ok(true),
        }
    }

    /// Follows steps into the document of a group.
    fn rule_steps(&mut self, group: GroupId, steps: &'a [Step], found: Found<'_, 'a>) -> R<bool> {
        let mut keys = Vec::new();
        let mut rest = steps;
        while let Some((Step::Key(key), after)) = rest.split_first() {
            let Some(key) = self.term(key)? else { return Ok(true) };
            keys.push(key);
            rest = after;
        }
        match self.under(group, &keys)? {
            Some(value) => self.steps(value, false, rest, found),
            None => Ok(true),
        }
    }

    /// Follows steps into a value; base documents are looked into as OPA's store does.
    pub(super) fn steps(
        &mut self,
        mut value: Val<'a>,
        is_base: bool,
        steps: &'a [Step],
        found: Found<'_, 'a>,
    ) -> R<bool> {
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            rest = after;
            match step {
                Step::Key(key) => {
                    let Some(key) = self.term(key)? else { return Ok(true) };
                    let member = if is_base { base_get(value, key) } else { value.get(key) };
                    match member {
                        Some(member) => value = member,
                        None => return Ok(true),
                    }
                }
                Step::Each(pattern) => {
                    return self.deeper(|m| {
                        m.members(value, &mut |m, key, member| match m.matches(pattern, key)? {
                            true if rest.is_empty() => found(m, member),
                            true => m.steps(member, is_base, rest, found),
                            false => Ok(true),
                        })
                    });
                }
            }
        }
        found(self, value)
    }

    /// Each key and member of a collection: index and item, key and value, member and itself.
    pub(super) fn members(&mut self, value: Val<'a>, each: Member<'_, 'a>) -> R<bool> {
        match value {
            Val::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.step()?;
                    if !each(self, Val::Int(at as i64), item)? {
                        return Ok(false);
                    }
                }
            }
            Val::Object(object) => {
                for (key, member) in object.iter() {
                    self.step()?;
                    if !each(self, key, member)? {
                        return Ok(false);
                    }
                }
            }
            Val::Set(set) => {
                for member in set.iter() {
                    self.step()?;
                    if !each(self, member, member)? {
                        return Ok(false);
                    }
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// Walks down the tree; rules hide base documents of the same name, other base documents are seen.
    fn tree(
        &mut self,
        id: NodeId,
        base: Option<Val<'a>>,
        hidden: bool,
        steps: &'a [Step],
        found: Found<'_, 'a>,
    ) -> R<bool> {
        let node = self.tree_node(id);
        let (value, is_base) = match node {
            Some(node) if !hidden => match (node.group, steps.split_first()) {
                (Some(group), _) => return self.rule_steps(group, steps, found),
                (None, None) => (self.whole(id, base)?, false),
                (None, Some((Step::Key(key), rest))) => {
                    let Some(key) = self.term(key)? else { return Ok(true) };
                    return self.child(node, base, key, rest, found);
                }
                (None, Some((Step::Each(pattern), rest))) => {
                    let keys = self.keys(node, base);
                    return self.deeper(|m| {
                        for key in keys {
                            m.step()?;
                            if m.matches(pattern, key)? && !m.child(node, base, key, rest, found)? {
                                return Ok(false);
                            }
                        }
                        Ok(true)
                    });
                }
            },
            _ => (base, true),
        };
        match value {
            Some(value) => self.steps(value, is_base, steps, found),
            None => Ok(true),
        }
    }

    fn child(
        &mut self,
        node: &'a Node,
        base: Option<Val<'a>>,
        key: Val<'a>,
        rest: &'a [Step],
        found: Found<'_, 'a>,
    ) -> R<bool> {
        let base = base.and_then(|base| base_get(base, key));
        match (child_of(node, key), base) {
            (Some(child), _) => {
                let hidden = self.world.hidden.contains(&child);
                self.tree(child, base, hidden, rest, found)
            }
            (None, Some(base)) => self.steps(base, true, rest, found),
            (None, None) => Ok(true),
        }
    }

    /// The keys of a node: those of its base document and those of its children, in order.
    fn keys(&self, node: &'a Node, base: Option<Val<'a>>) -> Vec<Val<'a>> {
        let mut keys: Vec<Val<'a>> = node.children.iter().map(|(key, _)| Val::from_value(key)).collect();
        if let Some(Val::Object(object)) = base {
            keys.extend(object.iter().map(|(key, _)| key));
            keys.sort_unstable();
            keys.dedup();
        }
        keys
    }

    /// A document above the rules as one object: base documents and everything that rules define below.
    fn whole(&mut self, id: NodeId, base: Option<Val<'a>>) -> R<Option<Val<'a>>> {
        let Some(node) = self.tree_node(id) else { return Ok(base) };
        if self.world.hidden.contains(&id) {
            return Ok(base);
        }
        if let Some(group) = node.group {
            return Ok(match (base, self.document(group)?) {
                (Some(base), Some(document)) => Some(self.merged(base, document)?),
                (base, document) => document.or(base),
            });
        }
        if node.children.is_empty() && id == 0 {
            return Ok(base);
        }
        let keys = self.keys(node, base);
        let mut pairs = Vec::with_capacity(keys.len());
        for key in keys {
            self.step()?;
            let base = base.and_then(|base| base.get(key));
            let value = match child_of(node, key) {
                Some(child) => self.deeper(|m| m.whole(child, base))?,
                None => base,
            };
            pairs.extend(value.map(|value| (key, value)));
        }
        Ok(Some(self.arena.object(pairs)?))
    }

    /// Two documents of one path, seen from above: members unite, and where both have one that is no object the
    /// base document's stays. Asked for by its own path, only the rules' document is seen.
    fn merged(&mut self, base: Val<'a>, document: Val<'a>) -> R<Val<'a>> {
        let (Val::Object(over), Val::Object(under)) = (base, document) else { return Ok(base) };
        self.meter.step((over.len() + under.len()) as u64, self.context)?;
        let mut pairs: Vec<(Val<'a>, Val<'a>)> = under.iter().collect();
        for (key, value) in over.iter() {
            let value = match under.get(key) {
                Some(below) => self.deeper(|m| m.merged(value, below))?,
                None => value,
            };
            pairs.push((key, value));
        }
        Ok(self.arena.object(pairs)?)
    }

    /// A place at or below a node, by bound keys.
    pub(super) fn node(&mut self, id: NodeId, keys: &'a [Term]) -> R<Option<Val<'a>>> {
        let mut base = self.base_at(id);
        if self.is_hidden(id) {
            return self.base_at_keys(base, keys);
        }
        let mut at = id;
        let mut rest = keys;
        loop {
            let Some(node) = self.tree_node(at) else { return Ok(None) };
            if let Some(group) = node.group {
                let Some(keys) = self.terms(rest)? else { return Ok(None) };
                return self.under(group, &keys);
            }
            let Some((key, after)) = rest.split_first() else { return self.whole(at, base) };
            let Some(key) = self.term(key)? else { return Ok(None) };
            rest = after;
            base = base.and_then(|base| base_get(base, key));
            match child_of(node, key) {
                Some(child) if !self.world.hidden.contains(&child) => at = child,
                _ => return self.base_at_keys(base, rest),
            }
        }
    }

    fn base_at_keys(&mut self, mut base: Option<Val<'a>>, keys: &'a [Term]) -> R<Option<Val<'a>>> {
        for key in keys {
            let (Some(document), Some(key)) = (base, self.term(key)?) else { return Ok(None) };
            base = base_get(document, key);
        }
        Ok(base)
    }

    pub(super) fn tree_node(&self, id: NodeId) -> Option<&'a Node> {
        self.code.nodes.get(id as usize)
    }

    /// The base document at a node's path.
    pub(super) fn base_at(&self, id: NodeId) -> Option<Val<'a>> {
        let node = self.tree_node(id)?;
        node.path.iter().try_fold(self.world.data, |value, key| value.get(Val::from_value(key)))
    }

    /// True if `with` hides the rules at a node.
    pub(super) fn is_hidden(&self, id: NodeId) -> bool {
        if self.world.hidden.is_empty() {
            return false;
        }
        let mut at = Some(id);
        while let Some(id) = at {
            if self.world.hidden.contains(&id) {
                return true;
            }
            at = self.tree_node(id).and_then(|node| node.parent);
        }
        false
    }
}

fn child_of(node: &Node, key: Val<'_>) -> Option<NodeId> {
    let at = node.children.binary_search_by(|(k, _)| Val::from_value(k).cmp(&key)).ok()?;
    node.children.get(at).map(|(_, id)| *id)
}

/// A member of a base document. OPA's store knows keys as text: `data[2]` finds the key `"2"`, and
/// `data.list["0"]` the first item.
fn base_get<'a>(base: Val<'a>, key: Val<'_>) -> Option<Val<'a>> {
    match (base, key) {
        (Val::Object(object), Val::Int(int)) => {
            object.get(key).or_else(|| object.get(Val::Str(itoa::Buffer::new().format(int))))
        }
        (Val::Object(object), Val::Num(text)) => object.get(key).or_else(|| object.get(Val::Str(text))),
        (Val::Array(items), Val::Str(text)) => items.get(text.parse().ok()?),
        _ => base.get(key),
    }
}
