//! What OPA would say of the same files, as far as this engine can tell.

use crate::{Diagnostic, File, parsed::Parsed};
use kitelogik_rego::{Dialect, Options, Program, Source, syntax::ast::Version};
use kitelogik_value::Value;

/// What OPA 1.0 and after refuses in these files.
pub(crate) fn refusals(files: &[File]) -> Vec<Diagnostic> {
    said(files, Version::V1)
}

/// What OPA says in one version of the language: of the syntax of each file, and if that is fine, of all files
/// together.
pub(crate) fn said(files: &[File], version: Version) -> Vec<Diagnostic> {
    let rego: Vec<&File> = files.iter().filter(|file| file.path.ends_with(".rego")).collect();
    let unparsed: Vec<Diagnostic> = rego.iter().flat_map(|file| Parsed::opa(file, version)).collect();
    if !unparsed.is_empty() {
        return unparsed;
    }
    let dialect = match version {
        Version::V0 | Version::V0Lenient => Dialect::V0,
        Version::V1 => Dialect::V1,
    };
    let source = |file: &&File| Source {
        path: file.path.clone(),
        text: String::from_utf8_lossy(&file.bytes).into_owned(),
        dialect,
    };
    let sources: Vec<Source> = rego.iter().map(source).collect();
    match Program::compile(&sources, Value::object::<&str>([]), &Options::default()) {
        Ok(_) => Vec::new(),
        // What OPA has and we do not offer is no refusal of OPA's.
        Err(wrong) => wrong
            .iter()
            .filter(|error| !matches!(error.code, "reaches_out" | "not_offered"))
            .map(Diagnostic::from)
            .collect(),
    }
}
