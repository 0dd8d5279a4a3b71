//! Builtins that are left out by design, because they reach out of the process. They are declared, so that a
//! test can replace them by `with`; a policy that calls them otherwise is refused by name.

use super::types::{ANY, NUMBER, STRING};
use crate::builtin::{BuiltinDef, Call, Type};

const OBJECT: Type = Type::Object(&[], Some((&ANY, &ANY)));

const ABSENT: &[BuiltinDef] = &[
    absent("http.send", &[OBJECT], OBJECT),
    absent("net.lookup_ip_addr", &[STRING], Type::Set(&STRING)),
    absent("providers.aws.sign_req", &[OBJECT, OBJECT, NUMBER], OBJECT),
];

const fn absent(name: &'static str, args: &'static [Type], result: Type) -> BuiltinDef {
    BuiltinDef { name, args, result, nondeterministic: true, call: Call::Absent }
}

/// True for functions that OPA has, and that are not even declared here.
pub(crate) fn only_opas(name: &str) -> bool {
    name.starts_with("graphql.")
}

/// The declaration of an absent builtin.
pub(crate) fn lookup(name: &str) -> Option<&'static BuiltinDef> {
    ABSENT.iter().find(|def| def.name == name)
}
