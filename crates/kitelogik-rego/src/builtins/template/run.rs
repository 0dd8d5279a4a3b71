//! Carrying a template out.

use super::{
    failed,
    functions::call,
    item::Item,
    parse::{Base, Node, Operand, Pipe},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinError},
    builtins::{operands::charge_bytes, strings::MAX_TEXT},
    stack::with_room,
    val::Val,
};

/// The text.
pub(super) fn run<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    nodes: &[Node],
    data: Val<'a>,
) -> Result<String, BuiltinError> {
    let root = (String::new(), Item::Data(data));
    let mut runner = Runner { cx, out: String::new(), variables: vec![root] };
    runner.nodes(nodes, &Item::Data(data))?;
    Ok(runner.out)
}

/// How a list of nodes ended.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Runner<'a, 'c, 'e> {
    cx: &'c mut BuiltinCx<'a, 'e>,
    out: String,
    /// By name, the innermost last; the first one is `$`
    variables: Vec<(String, Item<'a>)>,
}

impl<'a> Runner<'a, '_, '_> {
    fn write(&mut self, text: &str) -> Result<(), BuiltinError> {
        charge_bytes(self.cx, text.len())?;
        if self.out.len().saturating_add(text.len()) > MAX_TEXT {
            return Err(Limit::Memory.into());
        }
        self.out.push_str(text);
        Ok(())
    }

    fn nodes(&mut self, nodes: &[Node], dot: &Item<'a>) -> Result<Flow, BuiltinError> {
        for node in nodes {
            self.cx.step(1)?;
            let flow = match node {
                Node::Text(text) => {
                    self.write(text)?;
                    Flow::On
                }
                Node::Action(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.write(&value.shown())?;
                    }
                    Flow::On
                }
                Node::If { pipe, then, otherwise } => self.scoped(|runner| {
                    let chosen = if runner.pipe(pipe, dot)?.is_true() { then } else { otherwise };
                    runner.nodes(chosen, dot)
                })?,
                Node::With { pipe, then, otherwise } => self.scoped(|runner| {
                    let value = runner.pipe(pipe, dot)?;
                    if value.is_true() { runner.nodes(then, &value) } else { runner.nodes(otherwise, dot) }
                })?,
                Node::Range { pipe, body, otherwise } => {
                    self.scoped(|runner| runner.range(pipe, body, otherwise, dot))?
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    /// Variables that are declared within end with it.
    fn scoped<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, BuiltinError>,
    ) -> Result<T, BuiltinError> {
        let before = self.variables.len();
        let result = with_room(|| run(self));
        self.variables.truncate(before);
        result
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        body: &[Node],
        otherwise: &[Node],
        dot: &Item<'a>,
    ) -> Result<Flow, BuiltinError> {
        let value = self.commands(&pipe.commands, dot)?;
        // Pairs of a key and a value, one after another.
        let count = match &value {
            Item::Data(Val::Array(array)) => array.len(),
            Item::Data(Val::Object(object)) => object.len(),
            Item::Int(_) if pipe.variables.len() > 1 => {
                return Err(failed("can't use two variables to range over a number"));
            }
            Item::Int(count) => usize::try_from(*count).unwrap_or(0),
            nothing if nothing.is_nothing() => 0,
            other => return Err(failed(format!("range can't iterate over {}", other.printed()))),
        };
        for at in 0..count {
            self.cx.step(1)?;
            let index = Item::Int(i64::try_from(at).unwrap_or(i64::MAX));
            let (key, item) = match &value {
                Item::Data(Val::Array(array)) => (index, Item::Data(array.get(at).unwrap_or_default())),
                Item::Data(Val::Object(object)) => {
                    let (key, member) = object.pair(at).unwrap_or_default();
                    (Item::Data(key), Item::Data(member))
                }
                _ => (index.clone(), index),
            };
            let flow = self.scoped(|runner| {
                match pipe.variables.as_slice() {
                    [] => {}
                    [one] => runner.set(one, item.clone(), pipe.declares)?,
                    [first, second, ..] => {
                        runner.set(first, key, pipe.declares)?;
                        runner.set(second, item.clone(), pipe.declares)?;
                    }
                }
                runner.nodes(body, &item)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        if count == 0 { self.nodes(otherwise, dot) } else { Ok(Flow::On) }
    }

    fn set(&mut self, name: &str, value: Item<'a>, declare: bool) -> Result<(), BuiltinError> {
        if declare {
            self.variables.push((name.to_owned(), value));
            return Ok(());
        }
        match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, place)) => {
                *place = value;
                Ok(())
            }
            None => Err(failed(format!("undefined variable \"${name}\""))),
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Item<'a>) -> Result<Item<'a>, BuiltinError> {
        let value = self.commands(&pipe.commands, dot)?;
        match pipe.variables.as_slice() {
            [] => {}
            [one] => self.set(one, value.clone(), pipe.declares)?,
            _ => return Err(failed("too many declarations in command")),
        }
        Ok(value)
    }

    fn commands(&mut self, commands: &[Vec<Operand>], dot: &Item<'a>) -> Result<Item<'a>, BuiltinError> {
        let mut last: Option<Item<'a>> = None;
        for command in commands {
            last = Some(self.command(command, last, dot)?);
        }
        last.ok_or_else(|| failed("missing value for command"))
    }

    fn command(
        &mut self,
        command: &[Operand],
        last: Option<Item<'a>>,
        dot: &Item<'a>,
    ) -> Result<Item<'a>, BuiltinError> {
        self.cx.step(1)?;
        let Some((first, operands)) = command.split_first() else {
            return Err(failed("missing value for command"));
        };
        let Base::Function(name) = &first.base else {
            return match last {
                Some(_) => Err(failed("can't give argument to non-function")),
                None if matches!(first.base, Base::Nil) => Err(failed("nil is not a command")),
                None => self.operand(first, dot),
            };
        };
        if let "and" | "or" = name.as_str() {
            return self.short_circuit(name == "and", operands, last, dot);
        }
        let mut args = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            args.push(self.operand(operand, dot)?);
        }
        args.extend(last);
        call(self.cx, name, &args)
    }

    /// The first argument that decides, else the last one.
    fn short_circuit(
        &mut self,
        and: bool,
        operands: &[Operand],
        last: Option<Item<'a>>,
        dot: &Item<'a>,
    ) -> Result<Item<'a>, BuiltinError> {
        let mut value = None;
        for operand in operands {
            let next = self.operand(operand, dot)?;
            if next.is_true() != and {
                return Ok(next);
            }
            value = Some(next);
        }
        last.or(value).ok_or_else(|| failed("wrong number of args for and or or: want at least 1 got 0"))
    }

    fn operand(&mut self, operand: &Operand, dot: &Item<'a>) -> Result<Item<'a>, BuiltinError> {
        let base = match &operand.base {
            Base::Dot => dot.clone(),
            Base::Variable(name) => match self.variables.iter().rev().find(|(known, _)| known == name) {
                Some((_, value)) => value.clone(),
                None => return Err(failed(format!("undefined variable \"${name}\""))),
            },
            Base::Function(name) => call(self.cx, name, &[])?,
            Base::Text(text) => Item::Text(text.clone()),
            Base::Int(int) => Item::Int(*int),
            Base::Float(float) => Item::Float(*float),
            Base::Bool(b) => Item::Bool(*b),
            Base::Nil => Item::Data(Val::Null),
            Base::Pipe(pipe) => with_room(|| self.pipe(pipe, dot))?,
        };
        operand.fields.iter().try_fold(base, |value, name| {
            self.cx.step(1)?;
            match value {
                Item::Missing => Ok(Item::Missing),
                Item::Data(Val::Object(object)) => {
                    Ok(object.get(Val::Str(name)).map_or(Item::Missing, Item::Data))
                }
                Item::Data(Val::Null) => Err(failed(format!("nil pointer evaluating interface {{}}.{name}"))),
                _ => Err(failed(format!("can't evaluate field {name} in type interface {{}}"))),
            }
        })
    }
}
