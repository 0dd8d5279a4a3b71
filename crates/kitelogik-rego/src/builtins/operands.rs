//! Reading operands, with OPA's wording where one has the wrong type. Positions count from 1.

use crate::{
    builtin::{BuiltinCx, BuiltinError},
    val::{Array, Object, Set, Val},
};

/// The operand itself; the evaluator passes as many as are declared.
pub(super) fn any<'a>(args: &[Val<'a>], position: usize) -> Val<'a> {
    position.checked_sub(1).and_then(|at| args.get(at)).copied().unwrap_or_default()
}

pub(super) fn string<'a>(args: &[Val<'a>], position: usize) -> Result<&'a str, BuiltinError> {
    let got = any(args, position);
    got.as_str().ok_or_else(|| BuiltinError::type_of(position, got, &["string"]))
}

pub(super) fn array<'a>(args: &[Val<'a>], position: usize) -> Result<Array<'a>, BuiltinError> {
    let got = any(args, position);
    got.as_array().ok_or_else(|| BuiltinError::type_of(position, got, &["array"]))
}

pub(super) fn set<'a>(args: &[Val<'a>], position: usize) -> Result<Set<'a>, BuiltinError> {
    let got = any(args, position);
    got.as_set().ok_or_else(|| BuiltinError::type_of(position, got, &["set"]))
}

pub(super) fn object<'a>(args: &[Val<'a>], position: usize) -> Result<Object<'a>, BuiltinError> {
    let got = any(args, position);
    got.as_object().ok_or_else(|| BuiltinError::type_of(position, got, &["object"]))
}

pub(super) fn number<'a>(args: &[Val<'a>], position: usize) -> Result<Val<'a>, BuiltinError> {
    let got = any(args, position);
    match got {
        Val::Int(_) | Val::Num(_) => Ok(got),
        _ => Err(BuiltinError::type_of(position, got, &["number"])),
    }
}

/// An integer that fits an `i64`. As for OPA, one written with an exponent is none.
pub(super) fn int(args: &[Val<'_>], position: usize) -> Result<i64, BuiltinError> {
    let number = number(args, position)?;
    let exponent = matches!(number, Val::Num(text) if text.contains(['e', 'E']));
    number.as_i64().filter(|_| !exponent).ok_or_else(|| {
        BuiltinError::operand(position, "must be integer number but got floating-point number")
    })
}

/// The members of an array or a set.
pub(super) fn collection<'a>(
    args: &[Val<'a>],
    position: usize,
    wanted: &[&str],
) -> Result<Vec<Val<'a>>, BuiltinError> {
    match any(args, position) {
        Val::Array(array) => Ok(array.iter().collect()),
        Val::Set(set) => Ok(set.iter().collect()),
        got => Err(BuiltinError::type_of(position, got, wanted)),
    }
}

/// A collection that holds something of the wrong type.
pub(super) fn element_error(
    position: usize,
    collection: Val<'_>,
    got: Val<'_>,
    wanted: &str,
) -> BuiltinError {
    let (kind, got) = (collection.kind().name(), got.kind().name());
    BuiltinError::operand(position, format!("must be {kind} of {wanted}s but got {kind} containing {got}"))
}

/// An array or set of strings.
pub(super) fn strings<'a>(
    args: &[Val<'a>],
    position: usize,
    wanted: &[&str],
) -> Result<Vec<&'a str>, BuiltinError> {
    let whole = any(args, position);
    collection(args, position, wanted)?
        .into_iter()
        .map(|item| item.as_str().ok_or_else(|| element_error(position, whole, item, "string")))
        .collect()
}

/// Charges for text or items: one step for each 64 bytes.
pub(super) fn charge_bytes(cx: &mut BuiltinCx<'_, '_>, bytes: usize) -> Result<(), BuiltinError> {
    Ok(cx.step(bytes as u64 / 64)?)
}

/// Charges one step an item.
pub(super) fn charge_items(cx: &mut BuiltinCx<'_, '_>, items: usize) -> Result<(), BuiltinError> {
    Ok(cx.step(items as u64)?)
}
