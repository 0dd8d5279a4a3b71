//! What a builtin function is to the engine: a name, declared types and a plain function. The functions that
//! OPA has are in `builtins`; a caller can bring more.

use crate::{
    arena::Arena,
    context::{Context, Random},
    failure::{Failure, Limit},
    pattern::Compiled,
    val::Val,
};
use std::{
    any::Any,
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
};

/// A declared type, as OPA's registry has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything
    Any,
    /// `null`
    Null,
    /// `true`, `false`
    Boolean,
    /// A number
    Number,
    /// A string
    String,
    /// An array whose items all have one type
    Array(&'static Type),
    /// An array of exactly these items
    Tuple(&'static [Type]),
    /// A set whose members all have one type
    Set(&'static Type),
    /// An object with these members, and others of the key and value type if they are given
    Object(&'static [(&'static str, Type)], Option<(&'static Type, &'static Type)>),
    /// One of these
    Union(&'static [Type]),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[Type]| -> fmt::Result {
            for (at, t) in types.iter().enumerate() {
                write!(f, "{}{t}", if at > 0 { ", " } else { "" })?;
            }
            Ok(())
        };
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array(item) => write!(f, "array[{item}]"),
            Self::Tuple(items) => {
                f.write_str("array<")?;
                list(f, items)?;
                f.write_str(">")
            }
            Self::Set(member) => write!(f, "set[{member}]"),
            Self::Object(members, others) => {
                f.write_str("object")?;
                if !members.is_empty() {
                    f.write_str("<")?;
                    for (at, (name, t)) in members.iter().enumerate() {
                        write!(f, "{}{name}: {t}", if at > 0 { ", " } else { "" })?;
                    }
                    f.write_str(">")?;
                }
                match others {
                    Some((key, value)) => write!(f, "[{key}: {value}]"),
                    None => Ok(()),
                }
            }
            Self::Union(types) => {
                f.write_str("any<")?;
                list(f, types)?;
                f.write_str(">")
            }
        }
    }
}

/// Why a builtin has no result. Undefined is `Ok(None)`, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuiltinError {
    /// An operand has the wrong type or shape (`eval_type_error`); the whole message
    Operand(String),
    /// The function failed (`eval_builtin_error`)
    Failed(String),
    /// A bound was reached; never undefined, whatever the options say
    Limit(Limit),
}

impl BuiltinError {
    /// `operand 2 must be string but got number`; positions count from 1.
    pub fn type_of(position: usize, got: Val<'_>, wanted: &[&str]) -> Self {
        let got = got.kind().name();
        match wanted {
            [one] => Self::Operand(format!("operand {position} must be {one} but got {got}")),
            many => Self::Operand(format!(
                "operand {position} must be one of {{{}}} but got {got}",
                many.join(", ")
            )),
        }
    }

    /// `operand 2 …` with a message of one's own; positions count from 1.
    pub fn operand(position: usize, message: impl fmt::Display) -> Self {
        Self::Operand(format!("operand {position} {message}"))
    }

    /// A failure that is no operand's fault.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }
}

impl From<Limit> for BuiltinError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// The result of a builtin: `Ok(None)` is undefined.
pub type BuiltinResult<'a> = Result<Option<Val<'a>>, BuiltinError>;

/// A function: arguments to at most one result.
pub type Function = for<'a, 'e> fn(&mut BuiltinCx<'a, 'e>, &[Val<'a>]) -> BuiltinResult<'a>;

/// A relation, such as `walk`: arguments to any number of results.
pub type Relation = for<'a, 'e> fn(&mut BuiltinCx<'a, 'e>, &[Val<'a>]) -> Result<Vec<Val<'a>>, BuiltinError>;

/// How a builtin is called.
#[derive(Clone, Copy)]
pub enum Call {
    /// At most one result
    Function(Function),
    /// Any number of results
    Relation(Relation),
    /// Declared so that a `with` can replace it. A program that calls it and never replaces it is refused; a call
    /// that is not replaced ends the evaluation.
    Absent,
}

/// A builtin: what the compiler checks and the evaluator calls.
#[derive(Clone, Copy)]
pub struct BuiltinDef {
    /// The name by which policies call it, such as `json.patch`
    pub name: &'static str,
    /// The declared types of the arguments
    pub args: &'static [Type],
    /// The declared type of the result
    pub result: Type,
    /// True where the result depends on the [`Context`], not on the arguments alone
    pub nondeterministic: bool,
    /// The code
    pub call: Call,
}

impl fmt::Debug for BuiltinDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltinDef").field("name", &self.name).finish_non_exhaustive()
    }
}

type Key = (&'static str, Arc<str>);

struct KeptItem {
    value: Arc<dyn Any + Send + Sync>,
    bytes: usize,
    /// What building it was charged, and the evaluation that paid last.
    steps: u64,
    paid_by: u64,
}

/// Compiled patterns and the like, kept by one evaluator from one evaluation to the next, so never shared
/// between threads. Bounded by the bytes they hold; the oldest goes first.
#[derive(Default)]
pub(crate) struct Kept {
    items: HashMap<Key, KeptItem>,
    oldest_first: VecDeque<Key>,
    bytes: usize,
    evaluation: u64,
}

/// The bytes that [`Kept`] holds at most.
const MAX_KEPT: usize = 16 << 20;

/// What an item holds that does not say.
const ITEM_KEPT: usize = 64 << 10;

impl Kept {
    /// An evaluation pays for what it uses, kept or not, lest its bounds depend on what went before.
    pub(crate) fn begin_evaluation(&mut self) {
        self.evaluation = self.evaluation.wrapping_add(1);
    }

    /// What is kept and the steps that this evaluation has to pay for it.
    fn find<T: Any + Send + Sync>(&mut self, key: &Key) -> Option<(Arc<T>, u64)> {
        let item = self.items.get_mut(key)?;
        let value = Arc::clone(&item.value).downcast::<T>().ok()?;
        let paid = std::mem::replace(&mut item.paid_by, self.evaluation) == self.evaluation;
        Some((value, if paid { 0 } else { item.steps }))
    }

    fn insert(&mut self, key: Key, value: Arc<dyn Any + Send + Sync>, bytes: usize, steps: u64) {
        let bytes = bytes.saturating_add(key.1.len());
        if bytes > MAX_KEPT {
            return;
        }
        while self.bytes > MAX_KEPT - bytes {
            let Some(oldest) = self.oldest_first.pop_front() else { break };
            let gone = self.items.remove(&oldest).map_or(0, |item| item.bytes);
            self.bytes = self.bytes.saturating_sub(gone);
        }
        let item = KeptItem { value, bytes, steps, paid_by: self.evaluation };
        match self.items.insert(key.clone(), item) {
            // One of another type under the same name.
            Some(before) => self.bytes = self.bytes.saturating_sub(before.bytes),
            None => self.oldest_first.push_back(key),
        }
        self.bytes += bytes;
    }
}

/// Steps, randomness and results that must not change within one evaluation.
pub(crate) struct Meter<'a> {
    pub(crate) steps_left: u64,
    /// `steps_left` at which the clock is read next.
    pub(crate) check_at: u64,
    pub(crate) deadline: Option<std::time::Duration>,
    /// Bytes that searches may have read since the clock was read for them.
    pub(crate) searched: usize,
    pub(crate) random: Random,
    pub(crate) fixed: HashMap<(&'static str, Box<str>), Val<'a>>,
}

/// How many steps go by between two looks at the clock.
const CLOCK_EVERY: u64 = 4_096;

/// How many bytes searches may read between two looks at the clock.
const CLOCK_EVERY_SEARCHED: usize = 64 << 10;

impl Meter<'_> {
    pub(crate) fn new(steps: u64, deadline: Option<std::time::Duration>) -> Self {
        let check_at = if deadline.is_some() { steps } else { 0 };
        let (random, fixed) = (Random::default(), HashMap::new());
        Self { steps_left: steps, check_at, deadline, searched: 0, random, fixed }
    }

    #[inline]
    pub(crate) fn step(&mut self, count: u64, context: &Context<'_>) -> Result<(), Limit> {
        self.steps_left = self.steps_left.checked_sub(count).ok_or(Limit::Steps)?;
        if self.steps_left < self.check_at { self.look_at_clock(context) } else { Ok(()) }
    }

    /// For a match that was found, and the next search: it may read all that is left of the text, and as a rule
    /// reads little. So it costs few steps, but the clock is read as if it read all.
    pub(crate) fn step_match(
        &mut self,
        found: usize,
        left: usize,
        context: &Context<'_>,
    ) -> Result<(), Limit> {
        self.step(1 + found as u64 / 64 + (left as u64 >> 18), context)?;
        self.searched = self.searched.saturating_add(left);
        if self.searched >= CLOCK_EVERY_SEARCHED && self.deadline.is_some() {
            self.searched = 0;
            return self.look_at_clock(context);
        }
        Ok(())
    }

    #[cold]
    fn look_at_clock(&mut self, context: &Context<'_>) -> Result<(), Limit> {
        self.check_at = self.steps_left.saturating_sub(CLOCK_EVERY);
        match (self.deadline, context.clock) {
            (Some(deadline), Some(clock)) if clock() > deadline => Err(Limit::Deadline),
            _ => Ok(()),
        }
    }
}

/// What a builtin may use besides its arguments.
pub struct BuiltinCx<'a, 'e> {
    pub(crate) arena: &'a Arena,
    pub(crate) context: &'e Context<'e>,
    pub(crate) meter: &'e mut Meter<'a>,
    pub(crate) kept: &'e mut Kept,
}

impl<'a> BuiltinCx<'a, '_> {
    /// Where results are made.
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// Nanoseconds since the Unix epoch; the same within one evaluation.
    pub fn now_ns(&self) -> i64 {
        self.context.now_ns
    }

    /// Fills with random bytes from the caller's seed.
    pub fn random(&mut self, out: &mut [u8]) {
        self.meter.random.fill(&self.context.seed, out);
    }

    /// Charges work beyond the call itself: one step for each item, or for each 64 bytes or so.
    pub fn step(&mut self, count: u64) -> Result<(), Limit> {
        self.meter.step(count, self.context)
    }

    /// The value that a nondeterministic function gave for these arguments earlier in this evaluation.
    pub fn fixed(&self, function: &'static str, arguments: &str) -> Option<Val<'a>> {
        self.meter.fixed.get(&(function, Box::from(arguments))).copied()
    }

    /// Keeps what a nondeterministic function gave, for the rest of this evaluation.
    pub fn fix(&mut self, function: &'static str, arguments: &str, value: Val<'a>) {
        self.meter.fixed.insert((function, Box::from(arguments)), value);
    }

    /// Something costly to build from a text (a compiled pattern), built once and kept by the evaluator.
    /// `kind` must stand for one type `T`.
    pub fn kept<T: Any + Send + Sync>(
        &mut self,
        kind: &'static str,
        text: &str,
        build: impl FnOnce(&str) -> Result<T, BuiltinError>,
    ) -> Result<Arc<T>, BuiltinError> {
        let key = (kind, Arc::from(text));
        if let Some((found, _)) = self.kept.find(&key) {
            return Ok(found);
        }
        let built = Arc::new(build(text)?);
        let shared: Arc<dyn Any + Send + Sync> = built.clone();
        self.kept.insert(key, shared, ITEM_KEPT.saturating_add(text.len().saturating_mul(4)), 0);
        Ok(built)
    }

    /// A compiled pattern, kept likewise. Each evaluation is charged for it once, and again where it had to be
    /// compiled again.
    pub(crate) fn kept_pattern(
        &mut self,
        kind: &'static str,
        text: &str,
        build: impl FnOnce(&mut Self) -> Result<Compiled, BuiltinError>,
    ) -> Result<Arc<Compiled>, BuiltinError> {
        let key = (kind, Arc::from(text));
        if let Some((found, owed)) = self.kept.find(&key) {
            self.step(owed)?;
            return Ok(found);
        }
        let built = Arc::new(build(self)?);
        let shared: Arc<dyn Any + Send + Sync> = built.clone();
        self.kept.insert(key, shared, built.bytes, built.steps);
        Ok(built)
    }
}

impl Failure {
    pub(crate) fn from_builtin(name: &str, error: BuiltinError, at: crate::Place) -> Self {
        match error {
            BuiltinError::Operand(message) => {
                Self::Builtin { name: name.to_owned(), message, operand: true, at }
            }
            BuiltinError::Failed(message) => {
                Self::Builtin { name: name.to_owned(), message, operand: false, at }
            }
            BuiltinError::Limit(limit) => Self::Limit(limit),
        }
    }
}
