//! Results that are kept while one evaluation lasts: of rules and of calls, by world.

use crate::{ops::GroupId, val::Val};
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};

/// Which rules have a result in the outermost world, and where it is. An evaluator keeps it from one evaluation
/// to the next: an entry holds if it carries the evaluation's number, so that nothing has to be wiped.
#[derive(Default)]
pub(crate) struct Stamps {
    evaluation: u64,
    by_group: Vec<(u64, u32)>,
}

/// Results by world. The outermost has number 0.
pub(super) struct Memo<'a, 'e> {
    stamps: &'e mut Stamps,
    rules: SmallVec<[Option<Val<'a>>; 4]>,
    calls: Calls<'a>,
    nested: Vec<Nested<'a>>,
}

/// The results that hold in a changed world only.
struct Nested<'a> {
    parent: usize,
    /// True if more than the input was changed.
    beyond_input: bool,
    rules: HashMap<GroupId, Option<Val<'a>>>,
    calls: Calls<'a>,
}

/// Results of calls by function and arguments.
type Calls<'a> = BTreeMap<(GroupId, &'a [Val<'a>]), Option<Val<'a>>>;

impl<'a, 'e> Memo<'a, 'e> {
    pub(super) fn new(groups: usize, stamps: &'e mut Stamps) -> Self {
        if stamps.by_group.len() < groups {
            stamps.by_group.resize(groups, (0, 0));
        }
        Self { stamps, rules: SmallVec::new(), calls: BTreeMap::new(), nested: Vec::new() }
    }

    /// Forgets everything.
    pub(super) fn begin(&mut self) {
        self.stamps.evaluation += 1;
        self.rules.clear();
        self.calls.clear();
        self.nested.clear();
    }

    /// Makes a table for a changed world; its number.
    pub(super) fn nest(&mut self, parent: usize, beyond_input: bool) -> usize {
        self.nested.push(Nested { parent, beyond_input, rules: HashMap::new(), calls: BTreeMap::new() });
        self.nested.len()
    }

    /// Keeps so many changed worlds and forgets the others.
    pub(super) fn forget(&mut self, keep: usize) {
        self.nested.truncate(keep);
    }

    /// The outermost table in which a result is the same as in this one.
    fn home(&self, mut table: usize, reads_input: bool) -> usize {
        while let Some(nested) = table.checked_sub(1).and_then(|at| self.nested.get(at)) {
            if nested.beyond_input || reads_input {
                break;
            }
            table = nested.parent;
        }
        table
    }

    pub(super) fn rule(&self, table: usize, group: GroupId, reads_input: bool) -> Option<Option<Val<'a>>> {
        match self.home(table, reads_input).checked_sub(1) {
            None => {
                let (evaluation, at) = self.stamps.by_group.get(group as usize)?;
                let holds = *evaluation == self.stamps.evaluation;
                if holds { self.rules.get(*at as usize).copied() } else { None }
            }
            Some(at) => self.nested.get(at)?.rules.get(&group).copied(),
        }
    }

    pub(super) fn keep_rule(
        &mut self,
        table: usize,
        group: GroupId,
        reads_input: bool,
        value: Option<Val<'a>>,
    ) {
        match self.home(table, reads_input).checked_sub(1) {
            None => {
                if let Some(stamp) = self.stamps.by_group.get_mut(group as usize) {
                    *stamp = (self.stamps.evaluation, self.rules.len() as u32);
                    self.rules.push(value);
                }
            }
            Some(at) => {
                if let Some(nested) = self.nested.get_mut(at) {
                    nested.rules.insert(group, value);
                }
            }
        }
    }

    pub(super) fn call(
        &self,
        table: usize,
        group: GroupId,
        args: &[Val<'a>],
        reads_input: bool,
    ) -> Option<Option<Val<'a>>> {
        let calls = match self.home(table, reads_input).checked_sub(1) {
            None => &self.calls,
            Some(at) => &self.nested.get(at)?.calls,
        };
        calls.get(&(group, args)).copied()
    }

    pub(super) fn keep_call(
        &mut self,
        table: usize,
        group: GroupId,
        args: &'a [Val<'a>],
        reads_input: bool,
        value: Option<Val<'a>>,
    ) {
        let calls = match self.home(table, reads_input).checked_sub(1) {
            None => &mut self.calls,
            Some(at) => match self.nested.get_mut(at) {
                Some(nested) => &mut nested.calls,
                None => return,
            },
        };
        calls.insert((group, args), value);
    }
}
