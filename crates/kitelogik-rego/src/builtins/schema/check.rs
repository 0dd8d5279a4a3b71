//! Whether a schema is one: each keyword has the type that it must have.

use super::{
    Draft,
    reference::{base, id_keyword, resolve},
};
use crate::{
    builtin::{BuiltinCx, BuiltinError},
    builtins::regex::compiled,
    stack::with_room,
    val::{Object, Val},
};
use kitelogik_value::Number;
use std::collections::BTreeSet;

const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

fn refused<T>(message: impl std::fmt::Display) -> Result<T, BuiltinError> {
    Err(BuiltinError::failed(message))
}

/// A keyword of the wrong type; OPA gives the keyword's name where it says what was given.
fn wrong<T>(expected: &str, keyword: &str) -> Result<T, BuiltinError> {
    refused(format!("Invalid type. Expected: {expected}, given: {keyword}"))
}

/// The draft of a schema that is well-formed.
pub(super) fn checked<'a>(cx: &mut BuiltinCx<'a, '_>, schema: Val<'a>) -> Result<Draft, BuiltinError> {
    let draft = draft(schema)?;
    let mut checker = Checker { cx, root: schema, draft, followed: BTreeSet::new() };
    checker.schema(schema, schema)?;
    Ok(draft)
}

fn draft(schema: Val<'_>) -> Result<Draft, BuiltinError> {
    match schema {
        Val::Bool(_) => return Ok(Draft::Hybrid),
        Val::Object(_) => {}
        _ => return refused("schema is invalid"),
    }
    match schema.get_str("$schema") {
        None => Ok(Draft::Hybrid),
        Some(Val::Str(name)) => Ok(match name.strip_suffix('#').unwrap_or(name) {
            "http://json-schema.org/draft-04/schema" => Draft::Four,
            "http://json-schema.org/draft-06/schema" => Draft::Six,
            "http://json-schema.org/draft-07/schema" => Draft::Seven,
            _ => Draft::Hybrid,
        }),
        Some(_) => refused("$schema must be of type string"),
    }
}

struct Checker<'a, 'c, 'e> {
    cx: &'c mut BuiltinCx<'a, 'e>,
    root: Val<'a>,
    draft: Draft,
    /// References that are checked or being checked, with what they start from
    followed: BTreeSet<(Val<'a>, &'a str)>,
}

impl<'a> Checker<'a, '_, '_> {
    fn below(&mut self, schema: Val<'a>, base: Val<'a>) -> Result<(), BuiltinError> {
        with_room(|| self.schema(schema, base))
    }

    fn schema(&mut self, schema: Val<'a>, outer: Val<'a>) -> Result<(), BuiltinError> {
        self.cx.step(1)?;
        let object = match schema {
            Val::Bool(_) if self.draft >= Draft::Six => return Ok(()),
            Val::Object(object) => object,
            _ => return refused("Expected: Valid Schema, given: Invalid JSON"),
        };
        text(object, id_keyword(schema, self.draft))?;
        let base = base(schema, outer);
        match member(object, "definitions") {
            None => {}
            Some(Val::Object(definitions)) => {
                for (_, definition) in definitions.iter() {
                    if !matches!(definition, Val::Bool(_) | Val::Object(_)) {
                        return wrong("Array Of Schemas", "definitions");
                    }
                    self.below(definition, base)?;
                }
            }
            Some(_) => return wrong("Array Of Schemas", "definitions"),
        }
        text(object, "title")?;
        text(object, "description")?;
        if let Some(reference) = text(object, "$ref")? {
            if self.followed.insert((base, reference)) {
                let (found, start) = resolve(self.cx, reference, base, self.root)?;
                self.below(found, start)?;
            }
            // Beside a reference nothing counts.
            return Ok(());
        }
        types(object)?;
        self.of_objects(object, base)?;
        self.of_arrays(object, base)?;
        self.of_numbers(object)?;
        self.of_texts(object)?;
        sizes(object, "minProperties", "maxProperties")?;
        strings(object)?;
        sizes(object, "minItems", "maxItems")?;
        if !matches!(member(object, "uniqueItems"), None | Some(Val::Bool(_))) {
            return refused("uniqueItems must be of a boolean");
        }
        if let Some(contains) = member(object, "contains").filter(|_| self.draft >= Draft::Six) {
            self.below(contains, base)?;
        }
        self.combinations(object, base)
    }

    fn of_objects(&mut self, object: Object<'a>, base: Val<'a>) -> Result<(), BuiltinError> {
        match member(object, "properties") {
            None => {}
            Some(Val::Object(properties)) => {
                for (_, property) in properties.iter() {
                    self.below(property, base)?;
                }
            }
            Some(_) => return refused("Properties must be of type object"),
        }
        self.or_boolean(object, "additionalProperties", base)?;
        match member(object, "patternProperties") {
            None => {}
            Some(Val::Object(patterns)) => {
                for (pattern, property) in patterns.iter() {
                    let pattern = pattern.as_str().unwrap_or_default();
                    if !self.is_regex(pattern)? {
                        return refused(format!("Invalid regex pattern '{pattern}'"));
                    }
                    self.below(property, base)?;
                }
            }
            Some(_) => return wrong("Valid Schema", "patternProperties"),
        }
        match member(object, "propertyNames").filter(|_| self.draft >= Draft::Six) {
            None => {}
            Some(names @ (Val::Bool(_) | Val::Object(_))) => self.below(names, base)?,
            Some(_) => return wrong("Valid Schema", "patternProperties"),
        }
        let dependencies = match member(object, "dependencies") {
            None => return Ok(()),
            Some(Val::Object(dependencies)) => dependencies,
            Some(_) => return refused("dependencies must be of type object"),
        };
        for (_, dependency) in dependencies.iter() {
            match dependency {
                Val::Array(names) if names.iter().all(|name| name.as_str().is_some()) => {}
                Val::Bool(_) | Val::Object(_) => self.below(dependency, base)?,
                _ => return refused("Dependency must be of type Schema Or Array Of Strings"),
            }
        }
        Ok(())
    }

    /// A boolean, in any draft, or a schema.
    fn or_boolean(&mut self, object: Object<'a>, keyword: &str, base: Val<'a>) -> Result<(), BuiltinError> {
        match member(object, keyword) {
            None | Some(Val::Bool(_)) => Ok(()),
            Some(schema @ Val::Object(_)) => self.below(schema, base),
            Some(_) => wrong("boolean/Valid Schema", keyword),
        }
    }

    fn of_arrays(&mut self, object: Object<'a>, base: Val<'a>) -> Result<(), BuiltinError> {
        match member(object, "items") {
            None => {}
            Some(Val::Array(items)) => {
                for item in items.iter() {
                    if !matches!(item, Val::Bool(_) | Val::Object(_)) {
                        return wrong("Valid Schema/Array Of Schemas", "items");
                    }
                    self.below(item, base)?;
                }
            }
            Some(item @ (Val::Bool(_) | Val::Object(_))) => self.below(item, base)?,
            Some(_) => return wrong("Valid Schema/Array Of Schemas", "items"),
        }
        self.or_boolean(object, "additionalItems", base)
    }

    fn of_numbers(&self, object: Object<'a>) -> Result<(), BuiltinError> {
        match member(object, "multipleOf") {
            None => {}
            Some(number @ (Val::Int(_) | Val::Num(_))) if is_positive(number) => {}
            Some(Val::Int(_) | Val::Num(_)) => {
                return refused("multipleOf must be strictly greater than 0");
            }
            Some(_) => return wrong("Number", "multipleOf"),
        }
        for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            let limit = member(object, bound);
            if !matches!(limit, None | Some(Val::Int(_) | Val::Num(_))) {
                return refused(format!("{bound} must be of a Number"));
            }
            match (member(object, exclusive), self.draft) {
                (None, _) => {}
                (Some(Val::Bool(_)), Draft::Four | Draft::Hybrid) => {
                    if limit.is_none() {
                        return refused(format!("{exclusive} cannot be used without {bound}"));
                    }
                }
                (Some(Val::Int(_) | Val::Num(_)), Draft::Six | Draft::Seven | Draft::Hybrid) => {}
                (Some(_), Draft::Four) => return wrong("boolean", exclusive),
                (Some(_), Draft::Hybrid) => return wrong("boolean/number", exclusive),
                (Some(_), _) => return wrong("number", exclusive),
            }
        }
        Ok(())
    }

    fn of_texts(&mut self, object: Object<'a>) -> Result<(), BuiltinError> {
        sizes(object, "minLength", "maxLength")?;
        if let Some(pattern) = text(object, "pattern")?
            && !self.is_regex(pattern)?
        {
            return refused("pattern must be a valid regex");
        }
        text(object, "format").map(|_| ())
    }

    fn is_regex(&mut self, pattern: &str) -> Result<bool, BuiltinError> {
        match compiled(self.cx, pattern) {
            Ok(_) => Ok(true),
            Err(BuiltinError::Limit(limit)) => Err(limit.into()),
            Err(_) => Ok(false),
        }
    }

    fn combinations(&mut self, object: Object<'a>, base: Val<'a>) -> Result<(), BuiltinError> {
        if let Some(values) = list(object, "enum")? {
            let distinct: BTreeSet<Val<'a>> = values.iter().copied().collect();
            self.cx.step(values.len() as u64)?;
            if distinct.len() < values.len() {
                return refused("enum items must be unique");
            }
        }
        for keyword in ["oneOf", "anyOf", "allOf"] {
            for schema in list(object, keyword)?.unwrap_or_default() {
                self.below(schema, base)?;
            }
        }
        let conditions: &[&str] =
            if self.draft >= Draft::Seven { &["not", "if", "then", "else"] } else { &["not"] };
        for keyword in conditions {
            match member(object, keyword) {
                None => {}
                Some(schema @ (Val::Bool(_) | Val::Object(_))) => self.below(schema, base)?,
                Some(_) => return refused(format!("{keyword} must be of an object")),
            }
        }
        Ok(())
    }
}

/// The value of a keyword.
pub(super) fn member<'a>(object: Object<'a>, keyword: &str) -> Option<Val<'a>> {
    object.get(Val::Str(keyword))
}

fn text<'a>(object: Object<'a>, keyword: &str) -> Result<Option<&'a str>, BuiltinError> {
    match member(object, keyword) {
        None => Ok(None),
        Some(Val::Str(text)) => Ok(Some(text)),
        Some(_) => wrong("string", keyword),
    }
}

fn list<'a>(object: Object<'a>, keyword: &str) -> Result<Option<Vec<Val<'a>>>, BuiltinError> {
    match member(object, keyword) {
        None => Ok(None),
        Some(Val::Array(items)) => Ok(Some(items.iter().collect())),
        Some(_) => refused(format!("{keyword} must be of an array")),
    }
}

fn is_positive(number: Val<'_>) -> bool {
    number > Val::Int(0)
}

fn types(object: Object<'_>) -> Result<(), BuiltinError> {
    let names: Vec<Val<'_>> = match member(object, "type") {
        None => return Ok(()),
        Some(name @ Val::Str(_)) => vec![name],
        Some(Val::Array(names)) => names.iter().collect(),
        Some(_) => return wrong("type", "string/Array Of Strings"),
    };
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        let Val::Str(name) = name else { return wrong("type", "string/Array Of Strings") };
        if !TYPES.contains(&name) {
            return refused(format!(
                "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[array boolean integer number null object string]"
            ));
        }
        if seen.contains(&name) {
            return refused(format!("{name} type is duplicated"));
        }
        seen.push(name);
    }
    Ok(())
}

/// A size that is there; the schema is checked.
pub(super) fn size(object: Object<'_>, keyword: &str) -> Option<i64> {
    member(object, keyword).and_then(Val::as_i64)
}

fn sizes(object: Object<'_>, least: &str, most: &str) -> Result<(), BuiltinError> {
    for keyword in [least, most] {
        match member(object, keyword) {
            None => {}
            Some(number @ (Val::Int(_) | Val::Num(_))) => match number.as_i64() {
                None => return refused(format!("{keyword} must be of an integer")),
                Some(size) if size < 0 => {
                    return refused(format!("{keyword} must be greater than or equal to 0"));
                }
                Some(_) => {}
            },
            Some(_) => return refused(format!("{keyword} must be of an integer")),
        }
    }
    // OPA does not compare the sizes of arrays.
    match (size(object, least), size(object, most)) {
        (Some(low), Some(high)) if low > high && least != "minItems" => {
            refused(format!("{least} cannot be greater than {most}"))
        }
        _ => Ok(()),
    }
}

fn strings(object: Object<'_>) -> Result<(), BuiltinError> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for name in list(object, "required")?.unwrap_or_default() {
        let Val::Str(name) = name else { return wrong("string", "required") };
        if !seen.insert(name) {
            return refused("required items must be unique");
        }
    }
    Ok(())
}

/// True if the number is a whole one, whatever its size.
pub(super) fn is_whole(number: Val<'_>) -> bool {
    match number {
        Val::Num(text) => Number::parse(text).is_some_and(|number| number.is_integer()),
        _ => true,
    }
}
