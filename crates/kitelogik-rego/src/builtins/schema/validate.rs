//! Whether a document fits a schema that is checked. Of several alternatives that all fail, the problems of the
//! one that fits best are told; how well it fits is counted as OPA counts it.

use super::{
    Draft,
    check::{is_whole, member, size},
    format,
    reference::{base, resolve},
};
use crate::{
    Limit,
    builtin::{BuiltinCx, BuiltinError},
    builtins::{
        bigfloat::split_literal, marshal::to_text, operands::charge_bytes, regex::compiled, sprintf::general,
    },
    stack::with_room,
    val::{Array, Object, Val},
};
use num_bigint::BigInt;
use num_traits::Zero as _;
use std::{collections::BTreeMap, rc::Rc};

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
struct Outcome {
    problems: Vec<Problem>,
    score: i64,
}

impl Outcome {
    fn fits(&self) -> bool {
        self.problems.is_empty()
    }

    fn add(&mut self, kind: &'static str, field: &Rc<str>, description: impl Into<String>) {
        self.problems.push(Problem { kind, field: Rc::clone(field), description: description.into() });
        self.score -= 2;
    }

    fn merge(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.score += other.score;
    }
}

/// Where validation stands.
#[derive(Clone)]
struct At<'a> {
    /// What references start from
    base: Val<'a>,
    field: Rc<str>,
    nesting: usize,
}

impl At<'_> {
    fn below(&self, name: &str) -> Self {
        let field = if &*self.field == ROOT { name.into() } else { format!("{}.{name}", self.field).into() };
        Self { field, ..self.clone() }
    }
}

const ROOT: &str = "(Root)";

struct Validator<'a, 'c, 'e> {
    cx: &'c mut BuiltinCx<'a, 'e>,
    root: Val<'a>,
    draft: Draft,
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
    fn outcome(&mut self, schema: Val<'a>, node: Val<'a>, at: &At<'a>) -> Result<Outcome, BuiltinError> {
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
    fn list(schema: Object<'a>, keyword: &str) -> Vec<Val<'a>> {
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

    fn array(
        &mut self,
        schema: Object<'a>,
        array: Array<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        let (listed, rest): (Vec<Val<'a>>, Option<Val<'a>>) = match member(schema, "items") {
            Some(Val::Array(items)) if items.is_empty() => (Vec::new(), None),
            Some(Val::Array(items)) => (items.iter().collect(), member(schema, "additionalItems")),
            items => (Vec::new(), items),
        };
        let closed = !listed.is_empty() && rest == Some(Val::Bool(false));
        for (index, item) in array.iter().enumerate() {
            let schema = match listed.get(index) {
                Some(schema) => *schema,
                None if closed => break,
                None => match rest {
                    Some(schema) => schema,
                    None => break,
                },
            };
            let found = self.outcome(schema, item, &at.below(&index.to_string()))?;
            out.merge(found);
        }
        if closed && array.len() > listed.len() {
            out.add("array_no_additional_items", &at.field, "No additional items allowed on array");
        }
        let count = array.len() as i64;
        if let Some(least) = size(schema, "minItems").filter(|least| count < *least) {
            let text = format!("Array must have at least {least} items");
            out.add("array_min_items", &at.field, text);
        }
        if let Some(most) = size(schema, "maxItems").filter(|most| count > *most) {
            out.add("array_max_items", &at.field, format!("Array must have at most {most} items"));
        }
        if member(schema, "uniqueItems") == Some(Val::Bool(true)) {
            self.cx.step(array.len() as u64)?;
            let mut seen: BTreeMap<Val<'a>, usize> = BTreeMap::new();
            for (index, item) in array.iter().enumerate() {
                if let Some(before) = seen.insert(item, index) {
                    let text = format!("array items[{before},{index}] must be unique");
                    out.add("unique", &at.field, text);
                }
            }
        }
        if let Some(contains) = member(schema, "contains").filter(|_| self.draft >= Draft::Six) {
            let mut best: Option<Outcome> = None;
            let mut any = false;
            for (index, item) in array.iter().enumerate() {
                let found = self.outcome(contains, item, &at.below(&index.to_string()))?;
                any = found.fits();
                if any {
                    break;
                }
                if best.as_ref().is_none_or(|best| found.score > best.score) {
                    best = Some(found);
                }
            }
            if !any {
                out.add("contains", &at.field, "At least one of the items must match");
                out.merge(best.unwrap_or_default());
            }
        }
        out.score += 1;
        Ok(())
    }

    fn object(
        &mut self,
        schema: Object<'a>,
        members: Object<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        let count = members.len() as i64;
        if let Some(least) = size(schema, "minProperties").filter(|least| count < *least) {
            let text = format!("Must have at least {least} properties");
            out.add("array_min_properties", &at.field, text);
        }
        if let Some(most) = size(schema, "maxProperties").filter(|most| count > *most) {
            let text = format!("Must have at most {most} properties");
            out.add("array_max_properties", &at.field, text);
        }
        for name in Self::list(schema, "required") {
            self.cx.step(1)?;
            if members.contains_key(name) {
                out.score += 1;
            } else {
                let name = name.as_str().unwrap_or_default();
                out.add("required", &at.field, format!("{name} is required"));
            }
        }
        let properties = member(schema, "properties").and_then(Val::as_object);
        let patterns = member(schema, "patternProperties").and_then(Val::as_object);
        let additional = member(schema, "additionalProperties");
        for (name, value) in members.iter() {
            self.cx.step(1)?;
            let text = name.as_str().unwrap_or_default();
            let mut known = false;
            for (pattern, property) in patterns.iter().flat_map(|patterns| patterns.iter()) {
                charge_bytes(self.cx, 64 + text.len())?;
                if compiled(self.cx, pattern.as_str().unwrap_or_default())?.is_match(text) {
                    known = true;
                    let found = self.outcome(property, value, &at.below(text))?;
                    out.merge(found);
                }
            }
            out.score += i64::from(known);
            known |= properties.is_some_and(|properties| properties.contains_key(name));
            match additional {
                Some(Val::Bool(false)) if !known => {
                    let text = format!("Additional property {text} is not allowed");
                    out.add("additional_property_not_allowed", &at.field, text);
                }
                Some(schema @ Val::Object(_)) if !known => {
                    let found = self.outcome(schema, value, &at.below(text))?;
                    out.merge(found);
                }
                _ => {}
            }
        }
        if let Some(names) = member(schema, "propertyNames").filter(|_| self.draft >= Draft::Six) {
            for (name, _) in members.iter() {
                let found = self.outcome(names, name, at)?;
                if !found.fits() {
                    let name = name.as_str().unwrap_or_default();
                    let text = format!("Property name of \"{name}\" does not match");
                    out.add("invalid_property_name", &at.field, text);
                    out.merge(found);
                }
            }
        }
        out.score += 1;
        Ok(())
    }

    fn text(
        &mut self,
        schema: Object<'a>,
        text: &str,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        charge_bytes(self.cx, text.len())?;
        let count = text.chars().count() as i64;
        if let Some(least) = size(schema, "minLength").filter(|least| count < *least) {
            let text = format!("String length must be greater than or equal to {least}");
            out.add("string_gte", &at.field, text);
        }
        if let Some(most) = size(schema, "maxLength").filter(|most| count > *most) {
            let text = format!("String length must be less than or equal to {most}");
            out.add("string_lte", &at.field, text);
        }
        if let Some(Val::Str(pattern)) = member(schema, "pattern")
            && !compiled(self.cx, pattern)?.is_match(text)
        {
            out.add("pattern", &at.field, format!("Does not match pattern '{pattern}'"));
        }
        out.score += 1;
        Ok(())
    }

    fn number(
        &mut self,
        schema: Object<'a>,
        node: Val<'a>,
        at: &At<'a>,
        out: &mut Outcome,
    ) -> Result<(), BuiltinError> {
        if let Some(step) = member(schema, "multipleOf")
            && !is_multiple(node, step)?
        {
            out.add("multiple_of", &at.field, format!("Must be a multiple of {}", shown(step)));
        }
        let (most, below) = bounds(schema, "maximum", "exclusiveMaximum");
        if let Some(most) = most.filter(|most| node > *most) {
            let text = format!("Must be less than or equal to {}", shown(most));
            out.add("number_lte", &at.field, text);
        }
        if let Some(below) = below.filter(|below| node >= *below) {
            out.add("number_lt", &at.field, format!("Must be less than {}", shown(below)));
        }
        let (least, above) = bounds(schema, "minimum", "exclusiveMinimum");
        if let Some(least) = least.filter(|least| node < *least) {
            let text = format!("Must be greater than or equal to {}", shown(least));
            out.add("number_gte", &at.field, text);
        }
        if let Some(above) = above.filter(|above| node <= *above) {
            out.add("number_gt", &at.field, format!("Must be greater than {}", shown(above)));
        }
        out.score += 1;
        Ok(())
    }
}

/// The inclusive bound and the exclusive one; up to draft 4 `true` makes the former the latter.
fn bounds<'a>(schema: Object<'a>, bound: &str, exclusive: &str) -> (Option<Val<'a>>, Option<Val<'a>>) {
    let limit = member(schema, bound);
    match member(schema, exclusive) {
        Some(Val::Bool(true)) => (None, limit),
        Some(Val::Bool(false)) | None => (limit, None),
        number => (limit, number),
    }
}

/// A bound as Go prints it.
fn shown(number: Val<'_>) -> String {
    let text = number.to_rego();
    text.parse::<f64>().map_or(text, |float| general(float, None, 6))
}

fn is_multiple(number: Val<'_>, step: Val<'_>) -> Result<bool, BuiltinError> {
    let parts = |value: Val<'_>| split_literal(&value.to_rego()).ok_or(Limit::Memory);
    let ((number, exponent), (step, step_exponent)) = (parts(number)?, parts(step)?);
    let least = exponent.min(step_exponent);
    let scaled = |digits: BigInt, exponent: i64| {
        let power = u32::try_from(exponent - least).unwrap_or(u32::MAX);
        digits * BigInt::from(10).pow(power)
    };
    let (number, step) = (scaled(number, exponent), scaled(step, step_exponent));
    Ok(!step.is_zero() && (number % step).is_zero())
}
