//! The builtin functions of OPA 1.x, one file a family. What is absent (`http.send`, `net.lookup_ip_addr`,
//! `providers.aws.*`, `graphql.*` and whatever is not written yet) is not in the registry, so that a policy
//! that calls it is refused by name when it is compiled; see `absent`.

pub(crate) mod absent;
mod aggregates;
mod arithmetic;
mod arrays;
mod bigfloat;
mod compare;
mod crypto;
mod encoding;
mod evaluation;
mod glob;
mod globs_match;
mod graph;
mod json;
#[cfg(feature = "jwt")]
mod jwt;
#[cfg(feature = "keys")]
mod keys;
mod marshal;
mod net;
mod numbers;
mod objects;
mod operands;
mod patch;
mod regex;
mod regex_syntax;
#[cfg(feature = "jsonschema")]
mod schema;
mod semver;
mod sets;
mod sprintf;
mod strings;
mod template;
#[cfg(feature = "time")]
mod time;
mod types;
mod units;
mod uri;
mod uuid;
#[cfg(feature = "keys")]
mod x509;
#[cfg(feature = "yaml")]
mod yaml;

#[cfg(test)]
mod tests;

use crate::builtin::BuiltinDef;
pub(crate) use regex_syntax::translate;
use std::{collections::HashMap, sync::OnceLock};

const FAMILIES: &[&[BuiltinDef]] = &[
    aggregates::FAMILY,
    arithmetic::FAMILY,
    arrays::FAMILY,
    compare::FAMILY,
    crypto::FAMILY,
    encoding::FAMILY,
    evaluation::FAMILY,
    glob::FAMILY,
    globs_match::FAMILY,
    graph::FAMILY,
    json::FAMILY,
    #[cfg(feature = "jwt")]
    jwt::FAMILY,
    net::FAMILY,
    marshal::FAMILY,
    numbers::FAMILY,
    objects::FAMILY,
    patch::FAMILY,
    regex::FAMILY,
    #[cfg(feature = "jsonschema")]
    schema::FAMILY,
    semver::FAMILY,
    sets::FAMILY,
    sprintf::FAMILY,
    strings::FAMILY,
    template::FAMILY,
    #[cfg(feature = "time")]
    time::FAMILY,
    types::FAMILY,
    units::FAMILY,
    uri::FAMILY,
    uuid::FAMILY,
    #[cfg(feature = "x509")]
    x509::FAMILY,
    #[cfg(feature = "yaml")]
    yaml::FAMILY,
];

/// Every builtin, family by family.
pub fn all() -> impl Iterator<Item = &'static BuiltinDef> {
    FAMILIES.iter().copied().flatten()
}

/// The builtin of that name, such as `json.patch`.
pub fn lookup(name: &str) -> Option<&'static BuiltinDef> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static BuiltinDef>> = OnceLock::new();
    BY_NAME.get_or_init(|| all().map(|def| (def.name, def)).collect()).get(name).copied()
}
