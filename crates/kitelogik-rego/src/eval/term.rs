//! Terms: at most one value each.

use super::{Machine, R, world::Root};
use crate::{
    builtin::Call,
    failure::Failure,
    ops::{Body, Callee, Comparison, Part, PlaceId, Term},
    stack::with_room,
    val::Val,
};
use kitelogik_value::Value;

impl<'a> Machine<'a, '_> {
    /// The value of a term, or `None` where it is undefined.
    pub(super) fn term(&mut self, term: &'a Term) -> R<Option<Val<'a>>> {
        match term {
            Term::Const(value) => Ok(Some(Val::from_value(value))),
            Term::Slot(slot) => Ok(Some(self.slot(*slot))),
            Term::Input(path, watched) => {
                self.read |= watched;
                self.input(path)
            }
            Term::Compare(comparison, operands) => {
                let (a, b) = &**operands;
                let Some(a) = self.term(a)? else { return Ok(None) };
                let Some(b) = self.term(b)? else { return Ok(None) };
                Ok(Some(Val::Bool(compare(*comparison, a, b))))
            }
            // The rest may nest as deep as the source does.
            _ => with_room(|| self.compound(term)),
        }
    }

    fn input(&mut self, path: &'a [Value]) -> R<Option<Val<'a>>> {
        let (start, path) = match (self.world.input, path.split_first()) {
            (Root::Given(value), _) => (value, path),
            (Root::Lookup(roots), Some((first, rest))) => {
                let found = first.as_str().and_then(|name| roots.get(name)).map(Val::from_value);
                (found, rest)
            }
            (Root::Lookup(_), None) => (self.whole_input()?, path),
        };
        let Some(start) = start else { return Ok(None) };
        Ok(path.iter().try_fold(start, |value, key| value.get(Val::from_value(key))))
    }

    fn compound(&mut self, term: &'a Term) -> R<Option<Val<'a>>> {
        match term {
            Term::Get(from, keys) => match self.term(from)? {
                Some(value) => self.get(value, keys),
                None => Ok(None),
            },
            // Keys come first: where one has no value, the rules are not asked.
            Term::Rule(group, keys) => {
                let Some(keys) = self.terms(keys)? else { return Ok(None) };
                self.under(*group, &keys)
            }
            Term::Node(node, keys) => self.node(*node, keys),
            Term::Array(items) => match self.terms(items)? {
                Some(items) => Ok(Some(self.arena.array(&items)?)),
                None => Ok(None),
            },
            Term::Set(items) => match self.terms(items)? {
                Some(items) => Ok(Some(self.arena.set(items)?)),
                None => Ok(None),
            },
            Term::Object(pairs) => self.object(pairs),
            Term::ArrayOf(parts) => {
                let (head, body) = &**parts;
                let items = self.collect(head, body)?;
                Ok(Some(self.arena.array(&items)?))
            }
            Term::SetOf(parts) => {
                let (head, body) = &**parts;
                let items = self.collect(head, body)?;
                Ok(Some(self.arena.set(items)?))
            }
            Term::ObjectOf(parts, at) => {
                let (key, value, body) = &**parts;
                self.object_of(key, value, body, *at)
            }
            Term::Call(callee, args, at) => match self.terms(args)? {
                Some(args) => self.call(callee, &args, *at),
                None => Ok(None),
            },
            Term::Template(parts) => self.template(parts),
            _ => self.term(term),
        }
    }

    /// All or none.
    pub(super) fn terms(&mut self, terms: &'a [Term]) -> R<Option<Vec<Val<'a>>>> {
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            match self.term(term)? {
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(values))
    }

    /// Follows bound keys into a value.
    pub(super) fn get(&mut self, mut value: Val<'a>, keys: &'a [Term]) -> R<Option<Val<'a>>> {
        for key in keys {
            let Some(key) = self.term(key)? else { return Ok(None) };
            match value.get(key) {
                Some(member) => value = member,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    fn object(&mut self, pairs: &'a [(Term, Term)]) -> R<Option<Val<'a>>> {
        let mut values = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let Some(key) = self.term(key)? else { return Ok(None) };
            let Some(value) = self.term(value)? else { return Ok(None) };
            values.push((key, value));
        }
        Ok(Some(self.arena.object(values)?))
    }

    /// An object of these pairs; two values under one key are a conflict.
    fn distinct(&mut self, mut pairs: Vec<(Val<'a>, Val<'a>)>, at: PlaceId) -> R<Val<'a>> {
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            let clash = pairs.windows(2).any(|two| matches!(two, [a, b] if a.0 == b.0 && a.1 != b.1));
            if clash {
                return Err(self.conflict("object keys must be unique", at));
            }
        }
        Ok(self.arena.object(pairs)?)
    }

    fn collect(&mut self, head: &'a Term, body: &'a Body) -> R<Vec<Val<'a>>> {
        let mut items = Vec::new();
        self.deeper(|m| {
            m.body(body, &mut |m| {
                items.extend(m.term(head)?);
                Ok(true)
            })
        })?;
        Ok(items)
    }

    fn object_of(
        &mut self,
        key: &'a Term,
        value: &'a Term,
        body: &'a Body,
        at: PlaceId,
    ) -> R<Option<Val<'a>>> {
        let mut pairs = Vec::new();
        self.deeper(|m| {
            m.body(body, &mut |m| {
                let Some(key) = m.term(key)? else { return Ok(true) };
                pairs.extend(m.term(value)?.map(|value| (key, value)));
                Ok(true)
            })
        })?;
        Ok(Some(self.distinct(pairs, at)?))
    }

    fn template(&mut self, parts: &'a [Part]) -> R<Option<Val<'a>>> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(written) => text.push_str(written),
                Part::Hole(body, term) => {
                    let mut shown = None;
                    self.deeper(|m| {
                        m.body(body, &mut |m| {
                            shown = m.term(term)?;
                            Ok(shown.is_none())
                        })
                    })?;
                    match shown {
                        Some(Val::Str(s)) => text.push_str(s),
                        Some(value) => value.write_rego(&mut text),
                        None => text.push_str("<undefined>"),
                    }
                }
            }
            self.meter.step(1 + text.len() as u64 / 64, self.context)?;
        }
        Ok(Some(self.arena.string(&text)?))
    }

    /// Calls a function or builtin with bound arguments.
    pub(super) fn call(&mut self, callee: &Callee, args: &[Val<'a>], at: PlaceId) -> R<Option<Val<'a>>> {
        self.step()?;
        if let Some(replacement) = self.mock(callee) {
            return self.call_mock(replacement, args, at);
        }
        self.call_itself(callee, args, at)
    }

    pub(super) fn call_itself(
        &mut self,
        callee: &Callee,
        args: &[Val<'a>],
        at: PlaceId,
    ) -> R<Option<Val<'a>>> {
        match callee {
            Callee::Rule(group) => self.function(*group, args),
            Callee::Builtin(def) => match def.call {
                Call::Function(f) => match f(&mut self.builtin_cx(), args) {
                    Ok(value) => Ok(value),
                    Err(error) => self.builtin_failed(def.name, error, at).map(|()| None),
                },
                Call::Absent => Err(Box::new(Failure::Builtin {
                    name: def.name.to_owned(),
                    message: "is not available, and nothing replaces it here".to_owned(),
                    operand: false,
                    at: self.place(at),
                })),
                Call::Relation(_) => Err(Box::new(Failure::Other {
                    code: "eval_internal_error",
                    message: format!("{} has many results and is used as if it had one", def.name),
                    at: self.place(at),
                })),
            },
        }
    }
}

fn compare(comparison: Comparison, a: Val<'_>, b: Val<'_>) -> bool {
    match comparison {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}
