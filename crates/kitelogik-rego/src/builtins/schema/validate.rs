//! Whether a document fits a schema that is checked. Of several alternatives that all fail, the problems of the
//! one that fits best are told; how well it fits is counted as OPA counts it.

use super::{
    Draft,
    check::{is_whole, member},
    format,
    reference::{base, resolve},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinError},
    builtins::marshal::to_text,
    stack::with_room,
    val::{Object, Val},
};
use std::rc::Rc;

/// How deep schemas may be applied within each other.
const MAX_NESTING: usize = 1_000;

/// What does not fit.
pub(super) struct Problem {
    /// OPA's name for it
    pub(super) kind: &'static str,
    /// Where: names and indices between points, or `(Root)`
    pub(super) field: Rc<str>,
    pub(super) description: String,
}

#[derive(Default)]
pub(super) struct Outcome {
    problems: Vec<Problem>,
    /// How well it fits
    pub(super) score: i64,
}

impl Outcome {
    pub(super) fn fits(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn add(&mut self, kind: &'static str, field: &Rc<str>, description: impl Into<String>) {
        self.problems.push(Problem { kind, field: Rc::clone(field), description: description.into() });
        self.score -= 2;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.score += other.score;
    }
}

/// Where validation stands.
#[derive(Clone)]
pub(super) struct At<'a> {
    /// What references start from
    base: Val<'a>,
    pub(super) field: Rc<str>,
    nesting: usize,
}

impl At<'_> {
    pub(super) fn below(&self, name: &str) -> Self {
        let field = if &*self.field == ROOT { name.into() } else { format!("{}.{name}", self.field).into() };
        Self { field, ..self.clone() }
    }
}

const ROOT: &str = "(Root)";

pub(super) struct Validator<'a, 'c, 'e> {
    pub(super) cx: &'c mut BuiltinCx<'a, 'e>,
    root: Val<'a>,
    pub(super) draft: Draft,
}

/// What in the document does not fit.
pub(super) fn problems<'a>(
    cx: &mut BuiltinCx<'a, '_>,
    schema: Val<'a>,
    draft: Draft,
    document: Val<'a>,
) -> Result<Vec<Problem>, BuiltinError> {
    let mut validator = Validator { cx, root: schema, draft };
    let at = At { base: schema, field: ROOT.into(), nesting: 0 };
    Ok(validator.outcome(schema, document, &at)?.problems)
}

impl<'a> Validator<'a, '_, '_> {
    pub(super) fn outcome(
        &mut self,
        schema: Val<'a>,
        node: Val<'a>,
        at: &At<'a>,
    ) -> Result<Outcome, BuiltinError> {
        let mut out = Outcome::default();
        with_room(|| self.apply(schema, node, at, &mut out))?;
        Ok(out)
    }

    fn apply(
        &mut self,
        schema: Val<'a>,
        node: Val<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        self.cx.step(1 + at.field.len() as u64 / 64)?;
        if at.nesting > MAX_NESTING {
            return Err(Limit::Depth.into());
        }
        let object = match schema {
            Val::Object(object) => object,
            Val::Bool(false) => {
                out.add("false", &at.field, "False always fails validation");
                return Ok(());
            }
            _ => return Ok(()),
        };
        let mut at = At { base: base(schema, at.base), nesting: at.nesting + 1, ..at.clone() };
        if let Some(Val::Str(reference)) = member(object, "$ref") {
            let (found, start) = resolve(self.cx, reference, at.base, self.root)?;
            at.base = start;
            return with_room(|| self.apply(found, node, &at, out));
        }
        if !self.has_type(object, node, &at, out) {
            return Ok(());
        }
        self.combined(object, node, &at, out)?;
        match node {
            Val::Int(_) | Val::Num(_) => self.number(object, node, &at, out)?,
            Val::Array(array) => self.array(object, array, &at, out)?,
            Val::Object(members) => self.object(object, members, &at, out)?,
            _ => {}
        }
        self.any(object, node, &at, out)?;
        match node {
            Val::Str(text) => self.text(object, text, &at, out)?,
            Val::Object(members) => {
                if let Some(Val::Object(properties)) = member(object, "properties") {
                    for (name, property) in properties.iter() {
                        if let Some(value) = members.get(name) {
                            let at = at.below(name.as_str().unwrap_or_default());
                            with_room(|| self.apply(property, value, &at, out))?;
                        }
                    }
                }
            }
            _ => {}
        }
        out.score += 1;
        Ok(())
    }

    fn has_type(&self, schema: Object<'a>, node: Val<'a>, at: &At<'a>, out: &mut Outcome) -> bool {
        let names: Vec<&str> = match member(schema, "type") {
            Some(Val::Str(name)) => vec![name],
            Some(Val::Array(names)) => names.iter().filter_map(Val::as_str).collect(),
            _ => return true,
        };
        let given = match node {
            Val::Int(_) | Val::Num(_) => {
                if is_whole(node) {
                    "integer"
                } else {
                    "number"
                }
            }
            other => other.kind().name(),
        };
        let fits =
            names.is_empty() || names.contains(&given) || given == "integer" && names.contains(&"number");
        if !fits {
            let expected = match names.as_slice() {
                [one] => (*one).to_owned(),
                many => format!("[{}]", many.join(",")),
            };
            let text = format!("Invalid type. Expected: {expected}, given: {given}");
            out.add("invalid_type", &at.field, text);
        }
        fits
    }

    /// The schemas of a keyword that lists some.
    pub(super) fn list(schema: Object<'a>, keyword: &str) -> Vec<Val<'a>> {
        member(schema, keyword).and_then(Val::as_array).map(|list| list.iter().collect()).unwrap_or_default()
    }

    fn combined(
        &mut self,
        schema: Object<'a>,
        node: Val<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        let (fitting, best) = self.alternatives(&Self::list(schema, "anyOf"), node, at, true)?;
        if fitting == Some(0) {
            out.add("number_any_of", &at.field, "Must validate at least one schema (anyOf)");
            out.merge(best);
        }
        let (fitting, best) = self.alternatives(&Self::list(schema, "oneOf"), node, at, false)?;
        if fitting.is_some_and(|count| count != 1) {
            out.add("number_one_of", &at.field, "Must validate one and only one schema (oneOf)");
            if fitting == Some(0) {
                out.merge(best);
            }
        }
        let mut all = true;
        for each in Self::list(schema, "allOf") {
            let found = self.outcome(each, node, at)?;
            all &= found.fits();
            out.merge(found);
        }
        if !all {
            out.add("number_all_of", &at.field, "Must validate all the schemas (allOf)");
        }
        if let Some(not) = member(schema, "not")
            && self.outcome(not, node, at)?.fits()
        {
            out.add("number_not", &at.field, "Must not validate the schema (not)");
        }
        if let (Some(Val::Object(dependencies)), Val::Object(members)) =
            (member(schema, "dependencies"), node)
        {
            self.dependencies(dependencies, members, at, out)?;
        }
        if let Some(condition) = member(schema, "if").filter(|_| self.draft >= Draft::Seven) {
            let met = self.outcome(condition, node, at)?.fits();
            let (keyword, kind, text) = if met {
                ("then", "condition_then", "Must validate \"then\" as \"if\" was valid")
            } else {
                ("else", "condition_else", "Must validate \"else\" as \"if\" was not valid")
            };
            if let Some(consequence) = member(schema, keyword) {
                let found = self.outcome(consequence, node, at)?;
                if !found.fits() {
                    out.add(kind, &at.field, text);
                    out.merge(found);
                }
            }
        }
        out.score += 1;
        Ok(())
    }

    /// How many alternatives fit (`None` where there are none), and the outcome of the one that fits best where
    /// none does.
    fn alternatives(
        &mut self,
        schemas: &[Val<'a>],
        node: Val<'a>,
        at: &At<'a>,
        one_is_enough: bool,
    ) -> Result<(Option<usize>, Outcome), BuiltinError> {
        let mut fitting = 0;
        let mut best: Option<Outcome> = None;
        for schema in schemas {
            let found = self.outcome(*schema, node, at)?;
            if found.fits() {
                fitting += 1;
                if one_is_enough {
                    break;
                }
            } else if best.as_ref().is_none_or(|best| found.score > best.score) {
                best = Some(found);
            }
        }
        Ok(((!schemas.is_empty()).then_some(fitting), best.unwrap_or_default()))
    }

    fn dependencies(
        &mut self,
        dependencies: Object<'a>,
        members: Object<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        for (name, _) in members.iter() {
            match dependencies.get(name) {
                None => {}
                Some(Val::Array(names)) => {
                    for needed in names.iter().filter(|needed| !members.contains_key(*needed)) {
                        let needed = needed.as_str().unwrap_or_default();
                        out.add("missing_dependency", &at.field, format!("Has a dependency on {needed}"));
                    }
                }
                Some(schema) => {
                    with_room(|| self.apply(schema, Val::Object(members), at, out))?;
                }
            }
        }
        Ok(())
    }

    /// What holds for every type: `const`, `enum`, `format`.
    fn any(
        &mut self,
        schema: Object<'a>,
        node: Val<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        if let Some(wanted) = member(schema, "const").filter(|_| self.draft >= Draft::Six)
            && wanted != node
        {
            let allowed = to_text(self.cx, wanted)?;
            out.add("const", &at.field, format!("{} does not match: {allowed}", at.field));
        }
        if let Some(Val::Array(values)) = member(schema, "enum") {
            self.cx.step(values.len() as u64)?;
            if !values.iter().any(|value| value == node) {
                let allowed: Result<Vec<_>, _> = values.iter().map(|value| to_text(self.cx, value)).collect();
                let allowed = allowed?.join(", ");
                let text = format!("{} must be one of the following: {allowed}", at.field);
                out.add("enum", &at.field, text);
            }
        }
        if let (Some(Val::Str(format)), Val::Str(text)) = (member(schema, "format"), node)
            && !format::fits(self.cx, format, text)?
        {
            out.add("format", &at.field, format!("Does not match format '{format}'"));
        }
        out.score += 1;
        Ok(())
    }
}
