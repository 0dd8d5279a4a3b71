//! From syntax trees to operations: names become slots, bodies are put into an order in which every operand
//! is bound when it is reached, rules of one path become one group in the tree of documents.

mod body;
mod flat;
mod globals;
mod index;
mod literal;
mod logic;
mod names;
mod not;
mod reads;
mod scope;
mod term;
mod tree;
mod unbound;
mod vars;
mod with;

use crate::{
    builtin::BuiltinDef,
    compile::{recursion::Dependencies, rules, types::Types},
    ops::{Code, Definition, GroupKind, PlaceId},
    syntax::ast::{self, Module, Rule, Span, Term, TermKind},
};
use kitelogik_value::Value;
pub(crate) use term::{constant, dotted};
pub(crate) use tree::QUERY;

use globals::{globals, names_by_package};
use names::Names;
use tree::{Planned, Tree};

/// Finds a builtin by name.
pub(crate) type Builtins<'b> = &'b dyn Fn(&str) -> Option<&'static BuiltinDef>;

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// OPA's code
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) span: Span,
}

pub(crate) fn error(code: &'static str, message: String, span: Span) -> Error {
    Error { code, message, span }
}

/// What one rule is lowered with.
pub(super) struct Cx<'c> {
    tree: &'c Tree,
    pub(super) builtins: Builtins<'c>,
    /// Paths of the input to watch, a bit each
    pub(super) watch: &'c [Vec<Box<str>>],
    pub(super) places: Vec<Span>,
    pub(super) errors: Vec<Error>,
    /// Calls of builtins that are declared and absent
    pub(super) absent: Vec<(&'static str, Span)>,
    /// Builtins that some `with` replaces
    pub(super) replaced: Vec<&'static str>,
    /// True while a rule of version 1 is lowered
    pub(super) v1: bool,
    /// Calls that version 1 does not allow; told where nothing else is wrong
    pub(super) deprecated: Vec<Error>,
}

impl Cx<'_> {
    /// What is absent can be called where a `with` may stand for it. OPA has it, so that the code is not OPA's.
    fn reaches_out(&self) -> impl Iterator<Item = Error> {
        let calls = self.absent.iter().filter(|(name, _)| !self.replaced.contains(name));
        let message =
            |name| format!("{name} is not offered: evaluating reaches nothing outside of its process");
        calls.map(move |(name, span)| error("reaches_out", message(name), *span))
    }

    pub(super) fn place(&mut self, span: Span) -> PlaceId {
        self.places.push(span);
        (self.places.len() - 1) as PlaceId
    }
}

/// Lowers modules. The places of the code are spans, to be resolved to lines by the caller.
pub(crate) fn lower(
    modules: &[Module],
    data: Value,
    builtins: Builtins<'_>,
    watch: &[Vec<Box<str>>],
    locate: &dyn Fn(Span) -> String,
) -> Result<(Code, Vec<Span>), Vec<Error>> {
    let mut planned = Vec::new();
    let mut errors = Vec::new();
    let mut unbound_parameters = Vec::new();
    let mut aside = Vec::new();
    let packages = names_by_package(modules);
    for module in modules {
        let globals = globals(module, &packages);
        for rule in &module.rules {
            let mut rule = rule.clone();
            let mut names = Names::new(&globals, builtins, rule.span);
            resolve(&mut rule, &mut names);
            errors.append(&mut names.errors);
            unbound_parameters.append(&mut names.unbound);
            aside.append(&mut names.aside);
            planned.push(Planned::new(&module.package, rule, names.named, globals.v1));
        }
    }
    if errors.is_empty() {
        errors = rules::conflicts(modules, locate);
    }
    if !errors.is_empty() {
        errors.append(&mut aside);
        return Err(errors);
    }
    let tree = Tree::new(modules, planned);
    let mut dependencies = Dependencies::default();
    for group in &tree.groups {
        group.rules.iter().for_each(|rule| dependencies.add(&group.path, &rule.keys, &rule.rule));
    }
    errors.append(&mut unbound_parameters);
    errors.append(&mut dependencies.recursive());
    let mut cx = Cx {
        tree: &tree,
        builtins,
        watch,
        places: Vec::new(),
        errors,
        absent: Vec::new(),
        replaced: Vec::new(),
        v1: false,
        deprecated: Vec::new(),
    };
    let (mut groups, mut heads) = (Vec::new(), Vec::new());
    for planned in &tree.groups {
        let mut group = tree.empty_group(planned);
        let (mut definitions, mut defaults) = (Vec::new(), Vec::new());
        for rule in &planned.rules {
            cx.v1 = rule.v1;
            heads.extend(unbound::in_heads(rule));
            let definition = definition(&mut cx, rule, group.kind);
            if rule.rule.default { defaults.push(definition) } else { definitions.push(definition) }
        }
        group.constant = group.kind != GroupKind::Object && one_constant(&definitions);
        group.index = index::index(&definitions);
        group.definitions = definitions.into();
        group.defaults = defaults.into();
        groups.push(group);
    }
    let reaches_out: Vec<Error> = cx.reaches_out().collect();
    cx.errors.extend(reaches_out);
    let (places, mut errors) = (cx.places, first_stage(cx.errors, heads));
    if errors.is_empty() {
        errors.append(&mut cx.deprecated);
        let mut types = Types::new(builtins);
        for group in &tree.groups {
            let rules = group.rules.iter();
            rules.for_each(|rule| types.add(&group.path, &rule.keys, &rule.rule, &rule.locals));
        }
        errors.extend(types.check());
    }
    errors.append(&mut aside);
    if errors.is_empty() {
        let nodes = tree.nodes;
        reads::mark(&mut groups, &nodes);
        Ok((Code { groups, nodes, data, ..Code::default() }, places))
    } else {
        Err(errors)
    }
}

/// The errors of the first of OPA's stages that has any: what comes after it builds on what is wrong. Names in heads
/// are looked at before those in bodies.
fn first_stage(errors: Vec<Error>, heads: Vec<Error>) -> Vec<Error> {
    let stage = |e: &Error| match e.code {
        "rego_unsafe_var_error" => 2,
        "rego_recursion_error" => 3,
        _ => 0,
    };
    let staged = errors.into_iter().map(|e| (stage(&e), e)).chain(heads.into_iter().map(|e| (1, e)));
    let staged: Vec<(i32, Error)> = staged.collect();
    let first = staged.iter().map(|(stage, _)| *stage).min();
    staged.into_iter().filter(|(stage, _)| Some(*stage) == first).map(|(_, e)| e).collect()
}

/// True if every definition gives the same constant.
fn one_constant(definitions: &[Definition]) -> bool {
    let all = definitions.iter().flat_map(Definition::chain).map(|definition| &definition.value);
    let constants: Option<Vec<&Value>> =
        all.map(|term| if let crate::ops::Term::Const(value) = term { Some(value) } else { None }).collect();
    constants.is_some_and(|values| values.windows(2).all(|two| matches!(two, [a, b] if a == b)))
}

fn resolve(rule: &mut Rule, names: &mut Names<'_>) {
    rule.head.path.first().into_iter().for_each(|name| names.rule_name(name));
    names.enter();
    for arg in rule.head.args.iter_mut().flatten() {
        names.parameter(arg);
    }
    names.open_body(&mut rule.body);
    let head = &mut rule.head;
    for term in head.path.iter_mut().skip(1).chain(&mut head.member).chain(&mut head.value) {
        names.term(term);
    }
    names.leave();
    for otherwise in &mut rule.otherwise {
        names.open_body(&mut otherwise.body);
        if let Some(value) = &mut otherwise.value {
            names.term(value);
        }
        names.leave();
    }
    names.leave();
}

/// Lowers one rule with its `else` chain.
fn definition(cx: &mut Cx<'_>, planned: &tree::PlannedRule, kind: GroupKind) -> Definition {
    let rule = &planned.rule;
    let head = &rule.head;
    let args = head.args.as_deref().unwrap_or_default();
    let mut lower = |(body, value, span): (&ast::Body, Option<&Term>, Span)| {
        let mut lowering = body::Lowering::new(cx, planned);
        let mut exprs = Vec::new();
        let parameters = args.iter().map(|arg| lowering.parameter(arg, &mut exprs)).collect();
        exprs.extend(body.iter().cloned());
        let truth = Term::new(TermKind::Bool(true), span);
        let keys = if kind == GroupKind::Object { planned.keys.as_slice() } else { &[] };
        let (ops, mut terms) = lowering.rule_body(&exprs, value.unwrap_or(&truth), keys);
        let value = terms.pop().unwrap_or(crate::ops::Term::Const(Value::Null));
        let slots = lowering.slots();
        Definition {
            slots,
            parameters,
            body: ops,
            keys: terms.into(),
            value,
            member: head.member.is_some(),
            otherwise: Box::default(),
            at: cx.place(span),
        }
    };
    let first = lower((&rule.body, head.member.as_ref().or(head.value.as_ref()), rule.span));
    let otherwise = rule.otherwise.iter().map(|e| lower((&e.body, e.value.as_ref(), e.span))).collect();
    Definition { otherwise, ..first }
}
