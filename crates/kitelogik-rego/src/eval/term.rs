//! Terms: at most one value each.

use super::{Few, Machine, R};
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
    #[inline]
    pub(super) fn term(&mut self, term: &'a Term) -> R<Option<Val<'a>>> {
        match term {
            Term::Const(value) => Ok(Some(Val::from_value(value))),
            Term::Slot(slot) => Ok(Some(self.slot(*slot))),
            Term::Get(from, keys) => match self.bound_member(from, keys) {
                Some(member) => Ok(member),
                None => self.roomy(term),
            },
            Term::Input(path, watched) => {
                self.read |= watched;
                Ok(self.input(path))
            }
            // The rest may nest as deep as the source does.
            _ => self.roomy(term),
        }
    }

    fn input(&self, path: &'a [Value]) -> Option<Val<'a>> {
        let input = self.world.input?;
        path.iter().try_fold(input, Val::member)
    }

    /// The value of a term that needs no work.
    #[inline]
    fn bound(&self, term: &'a Term) -> Option<Val<'a>> {
        match term {
            Term::Const(value) => Some(Val::from_value(value)),
            Term::Slot(slot) => Some(self.slot(*slot)),
            _ => None,
        }
    }

    /// What bound keys lead to in a bound value; `None` if there is anything else to it.
    fn bound_member(&self, from: &'a Term, keys: &'a [Term]) -> Option<Option<Val<'a>>> {
        let mut value = self.bound(from)?;
        for key in keys {
            let member = match key {
                Term::Const(key) => value.member(key),
                key => value.get(self.bound(key)?),
            };
            match member {
                Some(member) => value = member,
                None => return Some(None),
            }
        }
        Some(Some(value))
    }

    /// Whether two terms compare so; `None` if one is undefined. Nearly all are a place against a constant, for
    /// which nothing has to be computed.
    pub(super) fn compares(&mut self, comparison: Comparison, operands: &'a (Term, Term)) -> R<Option<bool>> {
        let a = match operands {
            (Term::Get(from, keys), Term::Const(_)) => self.bound_member(from, keys),
            (Term::Input(path, watched), Term::Const(_)) => {
                self.read |= watched;
                Some(self.input(path))
            }
            _ => None,
        };
        if let (Some(a), Term::Const(b)) = (a, &operands.1) {
            return Ok(a.map(|a| compare(comparison, a, Val::from_value(b))));
        }
        let Some(a) = self.term(&operands.0)? else { return Ok(None) };
        let Some(b) = self.term(&operands.1)? else { return Ok(None) };
        Ok(Some(compare(comparison, a, b)))
    }

    /// Not a part of its caller, whose frame it would swell.
    #[inline(never)]
    fn roomy(&mut self, term: &'a Term) -> R<Option<Val<'a>>> {
        with_room(|| self.compound(term))
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
                Some(mut items) => Ok(Some(self.arena.set_of(&mut items)?)),
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
            Term::Compare(comparison, operands) => Ok(self.compares(*comparison, operands)?.map(Val::Bool)),
            Term::Const(_) | Term::Slot(_) | Term::Input(..) => self.term(term),
        }
    }

    /// All or none.
    pub(super) fn terms(&mut self, terms: &'a [Term]) -> R<Option<Few<Val<'a>>>> {
        let mut values = Few::with_capacity(terms.len());
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
        let mut values = Few::with_capacity(pairs.len());
        for (key, value) in pairs {
            let Some(key) = self.term(key)? else { return Ok(None) };
            let Some(value) = self.term(value)? else { return Ok(None) };
            values.push((key, value));
        }
        Ok(Some(self.arena.object_of(&mut values)?))
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

#[inline]
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
