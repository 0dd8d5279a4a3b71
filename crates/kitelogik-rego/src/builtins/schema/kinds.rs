//! What a schema says of one type: arrays, objects, strings, numbers.

use super::{
    Draft,
    check::{member, size},
    validate::{At, Outcome, Validator},
};
use crate::{
    Limit,
    builtin::BuiltinError,
    builtins::{bigfloat::split_literal, operands::charge_bytes, regex::compiled, sprintf::general},
    val::{Array, Object, Val},
};
use num_bigint::BigInt;
use num_traits::Zero as _;
use std::collections::BTreeMap;

impl<'a> Validator<'a, '_, '_> {
    pub(super) fn array(
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

    pub(super) fn object(
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

    pub(super) fn text(
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

    pub(super) fn number(
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
    text.parse::<f64>().map_or(text, |float| general(float, None))
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
