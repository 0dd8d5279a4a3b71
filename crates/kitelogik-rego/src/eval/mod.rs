//! The evaluator: runs [`Code`] over one input. A body is a loop; Rust recursion happens only at rules,
//! calls, comprehensions and iterations, and is counted. Undefined is `None`, errors are `Result`.

mod body;
mod memo;
mod partial;
mod rules;
mod term;
mod walk;
mod world;

#[cfg(test)]
mod tests;

use crate::{
    arena::Arena,
    builtin::{BuiltinCx, Kept, Meter},
    context::Context,
    evaluator::{Entry, Fired},
    failure::{Failure, Limit, Place},
    limits::Limits,
    ops::{Code, PlaceId},
    stack::with_room,
    val::Val,
};
use memo::Memo;
pub(crate) use memo::Stamps;
use smallvec::SmallVec;
use world::World;

/// A result of evaluation; the failure is boxed so that success stays small.
pub(crate) type R<T> = Result<T, Box<Failure>>;

/// A list that is short as a rule, and then takes no memory of its own.
type Few<T> = SmallVec<[T; 4]>;

/// Where a found solution goes on; `false` means "enough".
type Next<'m, 'a> = &'m mut dyn FnMut(&mut Machine<'a, '_>) -> R<bool>;

impl std::convert::From<Limit> for Box<Failure> {
    fn from(limit: Limit) -> Self {
        Box::new(Failure::Limit(limit))
    }
}

/// One evaluation under way.
pub(crate) struct Machine<'a, 'e> {
    code: &'a Code,
    arena: &'a Arena,
    context: &'e Context<'e>,
    meter: Meter<'a>,
    kept: &'e mut Kept,
    strict: bool,
    depth_left: u32,
    slots: SmallVec<[Val<'a>; 8]>,
    base: usize,
    /// What some slots must be bound to, as nothing else is asked for; most of the time nothing.
    wanted: Vec<(usize, Val<'a>)>,
    world: World<'a>,
    /// The world as it is before any `with`
    outermost: World<'a>,
    memo: Memo<'a, 'e>,
    fired: SmallVec<[PlaceId; 8]>,
    /// The watched input paths that were read, a bit each.
    read: u64,
}

impl<'a, 'e> Machine<'a, 'e> {
    pub(crate) fn new(
        code: &'a Code,
        arena: &'a Arena,
        context: &'e Context<'e>,
        limits: &Limits,
        (kept, stamps): (&'e mut Kept, &'e mut Stamps),
        input: Option<Val<'a>>,
    ) -> Self {
        let world = World::new(input, Val::from_value(&code.data));
        Self {
            code,
            arena,
            context,
            meter: Meter::new(limits.steps, limits.deadline),
            kept,
            strict: limits.strict_builtin_errors,
            depth_left: limits.depth,
            slots: SmallVec::new(),
            base: 0,
            wanted: Vec::new(),
            world,
            outermost: world,
            memo: Memo::new(code.groups.len(), stamps),
            fired: SmallVec::new(),
            read: 0,
        }
    }

    /// Steps left of the limit.
    pub(crate) fn steps_left(&self) -> u64 {
        self.meter.steps_left
    }

    /// The watched input paths that were read, a bit each.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Forgets what was found, fired and read, and takes the limits anew.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.meter = Meter::new(limits.steps, limits.deadline);
        self.depth_left = limits.depth;
        self.slots.clear();
        self.base = 0;
        self.world = self.outermost;
        self.memo.begin();
        self.fired.clear();
        self.read = 0;
    }

    /// The document at a place in the tree.
    pub(crate) fn at(&mut self, entry: &'a Entry) -> R<Option<Val<'a>>> {
        self.node(entry.node, &entry.rest)
    }

    /// The rules that fired, in order, each once.
    pub(crate) fn fired(&self) -> impl DoubleEndedIterator<Item = &'a Fired> {
        let rules = &self.code.rules;
        self.fired.iter().filter_map(|at| rules.get(*at as usize)?.as_ref())
    }

    #[inline]
    fn step(&mut self) -> R<()> {
        Ok(self.meter.step(1, self.context)?)
    }

    fn builtin_cx(&mut self) -> BuiltinCx<'a, '_> {
        BuiltinCx { arena: self.arena, context: self.context, meter: &mut self.meter, kept: self.kept }
    }

    #[inline]
    fn slot(&self, slot: u32) -> Val<'a> {
        self.slots.get(self.base + slot as usize).copied().unwrap_or_default()
    }

    /// Binds a slot; false if another value is wanted there.
    #[inline]
    fn set_slot(&mut self, slot: u32, value: Val<'a>) -> bool {
        let at = self.base + slot as usize;
        if let Some(place) = self.slots.get_mut(at) {
            *place = value;
        }
        self.wanted.iter().all(|(slot, wanted)| *slot != at || *wanted == value)
    }

    fn place(&self, at: PlaceId) -> Place {
        self.code.places.get(at as usize).cloned().unwrap_or_default()
    }

    /// Runs one level deeper.
    fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(Limit::Depth)?;
        let result = with_room(|| run(self));
        self.depth_left += 1;
        result
    }

    /// Runs with a fresh frame of so many slots.
    fn framed<T>(&mut self, slots: u32, run: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let outer = self.base;
        let start = self.slots.len();
        self.slots.resize(start + slots as usize, Val::Null);
        self.base = start;
        let result = self.deeper(run);
        self.base = outer;
        self.slots.truncate(start);
        result
    }

    fn fire(&mut self, at: PlaceId) {
        if !self.fired.contains(&at) {
            self.fired.push(at);
        }
    }

    fn conflict(&self, message: &str, at: PlaceId) -> Box<Failure> {
        Box::new(Failure::Conflict { message: message.to_owned(), at: self.place(at) })
    }
}
