//! Evaluation as callers see it: an entry point, an input, an outcome.

use crate::{
    Context, Failure, Limits, Val,
    arena::Arena,
    builtin::Kept,
    eval::{Machine, Stamps},
    failure::Limit,
    ops::{Code, NodeId, Term},
    val,
};
use kitelogik_value::{Value, json};
use std::sync::Arc;

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
    /// The names of the members that there are, in order and each once; asked for only by policies that look at
    /// `input` as a whole.
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
    pub rule: Arc<str>,
    /// The source's path, as given at compile time
    pub file: Arc<str>,
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
    stamps: Stamps,
}

/// One evaluation under way, begun by [`Evaluator::begin`].
pub struct Run<'a> {
    machine: Machine<'a, 'a>,
    limits: Limits,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self { arena: Arena::new(0, 0), kept: Kept::default(), stamps: Stamps::default() }
    }
}

impl Evaluator {
    /// A new evaluator; it takes no memory before it is used.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn start<'a>(
        &'a mut self,
        code: &'a Code,
        input: Input<'a>,
        context: &'a Context<'a>,
        limits: &Limits,
    ) -> Result<Run<'a>, Failure> {
        self.arena.reset(limits.memory, limits.items);
        let arena = &self.arena;
        let input = match input {
            Input::None => None,
            Input::Value(value) => Some(Val::from_value(value)),
            Input::Json(bytes) => Some(val::from_json(arena, bytes, &json::Limits::EVENT)?),
            Input::Roots(roots) => Some(Val::of_roots(roots)),
        };
        self.kept.begin_evaluation();
        let pools = (&mut self.kept, &mut self.stamps);
        Ok(Run { machine: Machine::new(code, arena, context, limits, pools, input), limits: *limits })
    }

    pub(crate) fn run(
        &mut self,
        code: &Code,
        entry: &Entry,
        input: Input<'_>,
        context: &Context<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Failure> {
        let mut run = self.start(code, input, context, limits)?;
        let value = run.ask(entry)?;
        Ok(Outcome {
            value: value.map(Val::to_value).transpose().map_err(|limit: Limit| Failure::from(limit))?,
            fired: run.fired().cloned().collect(),
            steps: run.steps(),
            read: run.read(),
        })
    }
}

impl<'a> Run<'a> {
    /// The document's value, `None` where it is undefined. Each document is evaluated by itself, also after a
    /// failure; only the memory for values is one for all.
    pub fn ask(&mut self, entry: &'a Entry) -> Result<Option<Val<'a>>, Failure> {
        self.machine.begin(&self.limits);
        self.machine.at(entry).map_err(|failure| *failure)
    }

    /// The rules that fired for the last document, in order, each once.
    pub fn fired(&self) -> impl DoubleEndedIterator<Item = &'a Fired> {
        self.machine.fired()
    }

    /// The steps taken for the last document, of [`Limits::steps`].
    pub fn steps(&self) -> u64 {
        self.limits.steps - self.machine.steps_left()
    }

    /// The watched input paths that were read for the last document, a bit each, in the order in which they were
    /// given.
    pub fn read(&self) -> u64 {
        self.machine.read()
    }
}
