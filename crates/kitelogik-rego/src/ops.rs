//! What the evaluator runs: trees of operations over numbered slots, lowered from the analysed syntax. A body
//! is a list that is read left to right; every operand in it is bound by the time it is reached, so slots
//! need no "unbound" mark and backtracking needs no trail.

use crate::{Fired, Place, builtin::BuiltinDef};
use kitelogik_value::Value;
use std::{collections::HashMap, sync::Arc};

/// A local variable of a rule: an index into its frame.
pub(crate) type Slot = u32;
/// An index into [`Code::groups`].
pub(crate) type GroupId = u32;
/// An index into [`Code::nodes`].
pub(crate) type NodeId = u32;
/// An index into [`Code::places`].
pub(crate) type PlaceId = u32;

/// A list of operations; each either fails, goes on, or goes on several times.
pub(crate) type Body = Box<[Op]>;

/// One step of a body.
#[derive(Debug)]
pub(crate) enum Op {
    /// Goes on if the term is defined and not false.
    Test(Term),
    /// Goes on if the term is defined; keeps it.
    Bind(Slot, Term),
    /// Goes on if both are defined and equal.
    Equal(Term, Term),
    /// Goes on if the term is defined and has this shape; binds what the shape names.
    Match(Pattern, Term),
    /// Goes on for each place that the reference leads to.
    Walk(Walk, Pattern),
    /// Goes on for each result of a relation.
    Relation(Callee, Box<[Term]>, Pattern, PlaceId),
    /// Goes on if the body has no solution.
    Not(Body),
    /// Goes on if the body has a solution for each member.
    Every {
        /// Bound to the key or index
        key: Pattern,
        /// Bound to the member
        value: Pattern,
        /// A collection; anything else is undefined
        domain: Term,
        /// What must hold
        body: Body,
    },
    /// Goes on for each solution of the body in a changed world.
    With(Box<[Change]>, Body),
}

/// A value to compute; undefined or one value.
#[derive(Debug)]
pub(crate) enum Term {
    /// A constant
    Const(Value),
    /// A bound local
    Slot(Slot),
    /// A reference without anything to enumerate
    Get(Box<Term>, Box<[Term]>),
    /// `input`, or `input.a.b`; the second tells which watched paths it touches, a bit each
    Input(Box<[Value]>, u64),
    /// A rule's document, and a path of bound keys into it
    Rule(GroupId, Box<[Term]>),
    /// A place in the document tree above the rules, and a path of bound keys
    Node(NodeId, Box<[Term]>),
    /// `[..]`
    Array(Box<[Term]>),
    /// `{..}`
    Set(Box<[Term]>),
    /// `{..: ..}`; of equal keys the later one stays
    Object(Box<[(Term, Term)]>),
    /// `[head | body]`
    ArrayOf(Box<(Term, Body)>),
    /// `{head | body}`
    SetOf(Box<(Term, Body)>),
    /// `{key: value | body}`
    ObjectOf(Box<(Term, Term, Body)>, PlaceId),
    /// A call
    Call(Callee, Box<[Term]>, PlaceId),
    /// `<`, `==` and the rest, where no `with` replaces them
    Compare(Comparison, Box<(Term, Term)>),
    /// `$"..{..}.."`
    Template(Box<[Part]>),
}

/// A piece of a template string.
#[derive(Debug)]
pub(crate) enum Part {
    /// As it is written
    Text(Box<str>),
    /// What a body yields; undefined shows as `<undefined>`
    Hole(Body, Term),
}

/// The comparisons that need no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    /// A function of the program
    Rule(GroupId),
    /// A builtin
    Builtin(&'static BuiltinDef),
}

/// A reference with something to enumerate.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) from: From,
    pub(crate) steps: Box<[Step]>,
}

/// Where a reference starts.
#[derive(Debug)]
pub(crate) enum From {
    Term(Term),
    Rule(GroupId),
    Node(NodeId),
}

/// One step of a reference.
#[derive(Debug)]
pub(crate) enum Step {
    /// To the member under a bound key
    Key(Term),
    /// To every member whose key has this shape
    Each(Pattern),
}

/// A shape that a value may have, with names for parts of it.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// Anything
    Any,
    /// Anything, kept
    Bind(Slot),
    /// What equals this term
    Is(Term),
    /// An array of exactly these shapes
    Array(Box<[Pattern]>),
    /// An object of exactly these keys
    Object(Box<[(Term, Pattern)]>),
}

/// One `with`.
#[derive(Debug)]
pub(crate) enum Change {
    /// `with input.a.b as term`
    Input(Box<[Value]>, Term),
    /// `with data.a.b as term`; the node where the documents below are hidden, if the tree has it
    Data(Box<[Value]>, Option<NodeId>, Term),
    /// `with f as g`
    Call(Callee, Callee),
    /// `with f as term`
    Result(Callee, Term),
}

/// One definition of a rule: `key… := value if body`, perhaps with `else`.
#[derive(Debug)]
pub(crate) struct Definition {
    /// How many slots its frame has
    pub(crate) slots: u32,
    /// The parameters of a function
    pub(crate) parameters: Box<[Pattern]>,
    pub(crate) body: Body,
    /// Keys below the rule's path: none for a complete rule
    pub(crate) keys: Box<[Term]>,
    pub(crate) value: Term,
    /// True for `contains`: the value is a member of the set under the keys
    pub(crate) member: bool,
    /// What stands behind `else`, tried in order while there is no solution; these have none of their own
    pub(crate) otherwise: Box<[Definition]>,
    pub(crate) at: PlaceId,
}

impl Definition {
    /// The definition and what stands behind `else`.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Definition> {
        std::iter::once(self).chain(&self.otherwise)
    }
}

/// All rules that define one document or function.
#[derive(Debug)]
pub(crate) struct Group {
    /// `data.a.b`
    pub(crate) name: Box<str>,
    pub(crate) kind: GroupKind,
    pub(crate) definitions: Box<[Definition]>,
    /// Hold where nothing else defines the place under their keys
    pub(crate) defaults: Box<[Definition]>,
    /// True if the value is one constant however the rules fire, so that the first solution is enough
    pub(crate) constant: bool,
    /// True if it, or a rule that it needs, may look at the input
    pub(crate) reads_input: bool,
    /// Which definitions can have a solution, by a value of the input
    pub(crate) index: Option<Index>,
    /// Its place in the tree
    pub(crate) node: NodeId,
}

/// Definitions by the constant that their bodies want at one place of the input. The others are always tried.
#[derive(Debug)]
pub(crate) struct Index {
    /// The place, a [`Term::Input`]
    pub(crate) at: Term,
    /// Positions in [`Group::definitions`], in order, as everywhere here
    pub(crate) always: Box<[u32]>,
    pub(crate) strings: HashMap<Box<str>, Box<[u32]>>,
    /// By constants that are no strings, sorted
    pub(crate) others: Box<[(Value, Box<[u32]>)]>,
}

/// What a group defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupKind {
    /// One value
    Complete,
    /// A value for each list of arguments
    Function,
    /// A set
    Set,
    /// An object that may nest
    Object,
}

/// A node of the tree of documents above the rules.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) parent: Option<NodeId>,
    pub(crate) path: Box<[Value]>,
    /// Sorted by key
    pub(crate) children: Box<[(Value, NodeId)]>,
    pub(crate) group: Option<GroupId>,
}

/// A whole program, ready to run. Node 0 is `data`.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// Rules by path
    pub(crate) groups: Vec<Group>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) places: Vec<Place>,
    /// The rules at the places of their definitions; nothing at other places
    pub(crate) rules: Vec<Option<Fired>>,
    pub(crate) data: Value,
}

impl Code {
    /// Names the rule at the place of each definition; the places must be there.
    pub(crate) fn name_rules(&mut self) {
        let mut files: HashMap<&str, Arc<str>> = HashMap::new();
        let mut named = vec![None; self.places.len()];
        for group in &self.groups {
            let rule: Arc<str> = (*group.name).into();
            let rules = group.definitions.iter().map(|first| (first, false));
            let all = rules.chain(group.defaults.iter().map(|first| (first, true)));
            for (at, default) in all.flat_map(|(first, default)| first.places().map(move |at| (at, default)))
            {
                let at = at as usize;
                if let (Some(named), Some(place)) = (named.get_mut(at), self.places.get(at)) {
                    let file = files.entry(&place.file).or_insert_with(|| place.file.as_str().into());
                    let (rule, file) = (Arc::clone(&rule), Arc::clone(file));
                    *named = Some(Fired { rule, file, line: place.line, default });
                }
            }
        }
        self.rules = named;
    }
}

impl Definition {
    /// Its own place and those of what it has behind `else`.
    fn places(&self) -> impl Iterator<Item = PlaceId> {
        self.chain().map(|one| one.at)
    }
}
