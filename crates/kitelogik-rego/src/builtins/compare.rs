//! `==`, `!=`, `<`, `<=`, `>` and `>=`, over OPA's order of all values.

use super::{
    operands::any,
    types::{ANY, BOOLEAN, def},
};
use crate::{
    builtin::{BuiltinDef, BuiltinResult},
    val::Val,
};
use std::cmp::Ordering;

pub(super) const FAMILY: &[BuiltinDef] = &[
    def("equal", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_eq)),
    def("neq", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_ne)),
    def("lt", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_lt)),
    def("lte", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_le)),
    def("gt", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_gt)),
    def("gte", &[ANY, ANY], BOOLEAN, |_, args| holds(args, Ordering::is_ge)),
];

fn holds<'a>(args: &[Val<'a>], test: fn(Ordering) -> bool) -> BuiltinResult<'a> {
    Ok(Some(Val::Bool(test(any(args, 1).cmp(&any(args, 2))))))
}
