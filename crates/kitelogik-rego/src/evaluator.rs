//! Evaluation as callers see it: an entry point, an input, an outcome.

use crate::{
    Context, Failure, Limits, Val,
    arena::Arena,
    builtin::Kept,
    eval::{Machine, Root},
    failure::Limit,
    ops::{Code, NodeId, Term},
    val,
};
use kitelogik_value::{Value, json};

/// What a policy asks about.
#[derive(Clone, Copy)]
pub enum Input<'i> {
    /// No input: `input` is undefined
    None,
    /// A value
    Value(&'i Value),
    /// A JSON document, read straight into the evaluator's memory: at most 1 MiB and 64 levels
    Json(&'i [u8]),
    /// An object whose members are looked up one at a time
    Roots(&'i dyn InputRoots),
}

/// An input object that need not exist as one value: the caller has its members apart.
pub trait InputRoots {
    /// The member `input.<name>`.
    fn get(&self, name: &str) -> Option<&Value>;
    /// The names of all members, for policies that ask for `input` as a whole.
    fn names(&self) -> &[&str];
}

/// A document of a program that can be asked for.
#[derive(Debug, Default)]
pub struct Entry {
    pub(crate) node: NodeId,
    pub(crate) rest: Box<[Term]>,
}

/// A rule that had a solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The document or function that the rule defines, such as `data.a.b`
    pub rule: String,
    /// The source's path, as given at compile time
    pub file: String,
    /// Line of the rule, from 1
    pub line: u32,
    /// True if it is a `default`: no rule said otherwise
    pub default: bool,
}

/// The answer of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The document's value, `None` where it is undefined
    pub value: Option<Value>,
    /// The rules that fired on the way, in order, each once
    pub fired: Vec<Fired>,
    /// Steps taken, of [`Limits::steps`]
    pub steps: u64,
    /// The watched input paths that were read, a bit each, in the order in which they were given
    pub read: u64,
}

/// Evaluates programs, one at a time. It owns the memory that evaluations use and keeps compiled patterns:
/// make one for each thread and use it again and again.
pub struct Evaluator {
    arena: Arena,
    kept: Kept,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self { arena: Arena::new(0, 0), kept: Kept::default() }
    }
}

impl Evaluator {
    /// A new evaluator; it takes no memory before it is used.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn run(
        &mut self,
        code: &Code,
        entry: &Entry,
        input: Input<'_>,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Failure> {
        self.arena.reset(limits.memory, limits.items);
        let input = match input {
            Input::None => Root::Given(None),
            Input::Value(value) => Root::Given(Some(Val::from_value(value))),
            Input::Json(bytes) => {
                Root::Given(Some(val::from_json(&self.arena, bytes, &json::Limits::EVENT)?))
            }
            Input::Roots(roots) => Root::Lookup(roots),
        };
        let mut machine = Machine::new(code, &self.arena, context, limits, &mut self.kept, input);
        let value = machine.at(entry).map_err(|failure| *failure)?;
        let fired =
            machine.fired().iter().filter_map(|fired| Some((code.places.get(fired.at as usize)?, fired)));
        Ok(Outcome {
            value: value.map(Val::to_value).transpose().map_err(|limit: Limit| Failure::from(limit))?,
            fired: fired
                .map(|(place, fired)| Fired {
                    rule: fired.rule.to_owned(),
                    file: place.file.clone(),
                    line: place.line,
                    default: fired.default,
                })
                .collect(),
            steps: limits.steps - machine.steps_left(),
            read: machine.read(),
        })
    }
}
