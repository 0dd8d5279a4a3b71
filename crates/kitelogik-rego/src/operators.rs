//! Operators that are calls: membership, and integer arithmetic that stays within `i64`.

use crate::{
    Val,
    builtin::{BuiltinCx, BuiltinDef, BuiltinError, BuiltinResult, Call, Function, Type},
};

static ALL: [BuiltinDef; 6] = [
    def("plus", &[Type::Number, Type::Number], Type::Number, plus),
    def("minus", &[Type::Number, Type::Number], Type::Number, minus),
    def("mul", &[Type::Number, Type::Number], Type::Number, mul),
    def("internal.member_2", &[Type::Any, Type::Any], Type::Boolean, member),
    def("internal.member_3", &[Type::Any, Type::Any, Type::Any], Type::Boolean, member_at),
    def("count", &[Type::Any], Type::Number, count),
];

/// The operator or function of a name.
pub(crate) fn lookup(name: &str) -> Option<&'static BuiltinDef> {
    ALL.iter().find(|def| def.name == name)
}

const fn def(name: &'static str, args: &'static [Type], result: Type, f: Function) -> BuiltinDef {
    BuiltinDef { name, args, result, nondeterministic: false, call: Call::Function(f) }
}

fn integers(args: &[Val<'_>]) -> Result<(i64, i64), BuiltinError> {
    for (position, arg) in (1..).zip(args) {
        if !matches!(arg, Val::Int(_) | Val::Num(_)) {
            return Err(BuiltinError::type_of(position, *arg, &["number"]));
        }
    }
    match args {
        [Val::Int(a), Val::Int(b)] => Ok((*a, *b)),
        _ => Err(BuiltinError::failed("only integers are supported so far")),
    }
}

fn within(result: Option<i64>) -> Result<Option<Val<'static>>, BuiltinError> {
    result.map(|int| Some(Val::Int(int))).ok_or_else(|| BuiltinError::failed("integer overflow"))
}

fn plus<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (a, b) = integers(args)?;
    within(a.checked_add(b))
}

fn minus<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (a, b) = integers(args)?;
    within(a.checked_sub(b))
}

fn mul<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let (a, b) = integers(args)?;
    within(a.checked_mul(b))
}

fn member<'a>(cx: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let [member, domain] = args else { return Ok(None) };
    let found = match domain {
        Val::Set(set) => set.contains(*member),
        Val::Array(items) => {
            cx.step(items.len() as u64)?;
            items.iter().any(|item| item == *member)
        }
        Val::Object(object) => {
            cx.step(object.len() as u64)?;
            object.iter().any(|(_, value)| value == *member)
        }
        _ => false,
    };
    Ok(Some(Val::Bool(found)))
}

fn member_at<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let [key, member, domain] = args else { return Ok(None) };
    Ok(Some(Val::Bool(domain.get(*key).is_some_and(|found| found == *member))))
}

fn count<'a>(_: &mut BuiltinCx<'a, '_>, args: &[Val<'a>]) -> BuiltinResult<'a> {
    let count = match args {
        [Val::Array(items)] => items.len(),
        [Val::Set(members)] => members.len(),
        [Val::Object(pairs)] => pairs.len(),
        [Val::Str(text)] => text.chars().count(),
        [other] => return Err(BuiltinError::type_of(1, *other, &["array", "object", "set", "string"])),
        _ => return Ok(None),
    };
    Ok(Some(Val::Int(count as i64)))
}
