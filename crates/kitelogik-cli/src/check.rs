//! `kitelogik check`.

use crate::{
    exit::Exit,
    output::{Format, print, talk_styled},
    snippet::{self, Weight},
};
use kitelogik::{
    core::Evaluator as _,
    policy::{
        Diagnostic, Dialect, FileView, Inspection, LoadError, LoadOptions, Package, RegoView, Scope, inspect,
    },
    value::{Value, json},
};
use std::{fmt::Write as _, path::PathBuf};

#[derive(clap::Args)]
#[command(
    about = "Load policies as an agent would, and say what decides and what is wrong",
    after_help = "Examples:\n  kitelogik check policies\n  kitelogik check policies --opa-strict\n  \
    kitelogik check policies --format json | jq '.errors[].message'\n\n\
    Exit codes: 0 they load, 1 they do not, 3 there is no such directory."
)]
pub(crate) struct Args {
    /// The policy directory
    dir: PathBuf,
    /// Refuse what OPA 1.0 and after refuses
    #[arg(long)]
    opa_strict: bool,
}

pub(crate) fn run(args: &Args, format: Format) -> Result<Exit, String> {
    let options = LoadOptions { opa_strict: args.opa_strict, ..LoadOptions::DEFAULT };
    let found = match inspect(&[&args.dir], &options) {
        Ok(found) => found,
        Err(LoadError(wrong)) if format == Format::Json => {
            Inspection { files: Vec::new(), policies: None, errors: wrong }
        }
        Err(LoadError(wrong)) => {
            let shown: String =
                wrong.iter().map(|d| snippet::render(d, Weight::Error, &args.dir, None)).collect();
            talk_styled(&shown);
            return Ok(ended(false, &wrong));
        }
    };
    let text = match format {
        Format::Json => json::to_string(&document(&found)) + "\n",
        Format::Text | Format::Csv => report(&found, &args.dir),
    };
    print(&text).map_err(|error| error.to_string())?;
    Ok(ended(found.policies.is_some(), &found.errors))
}

fn ended(loads: bool, errors: &[Diagnostic]) -> Exit {
    match loads {
        true => Exit::Done,
        false if errors.iter().any(|found| found.code == "no_directory") => Exit::Failed,
        false => Exit::FellShort,
    }
}

fn document(found: &Inspection) -> Value {
    let list = |all: &[Diagnostic]| Value::array(all.iter().map(snippet::document));
    let file = |file: &FileView| {
        let mut pairs = vec![("path", Value::from(file.path.as_str()))];
        if let Some(rego) = &file.rego {
            let opa = Value::object([("v0", list(&rego.opa_v0)), ("v1", list(&rego.opa_v1))]);
            pairs.extend([
                ("package", rego.package.as_str().into()),
                ("dialect", dialect(rego.dialect).into()),
                ("opa", opa),
            ]);
        }
        Value::object(pairs)
    };
    let mut pairs = vec![
        ("ok", found.policies.is_some().into()),
        ("files", Value::array(found.files.iter().map(file))),
        ("errors", list(&found.errors)),
    ];
    // The same keys whether or not they load, so that a program finds what it asks for.
    let (mut units, mut warnings, mut version) = (Value::array([]), list(&[]), Value::Null);
    if let Some(policies) = &found.policies {
        units = Value::array(policies.units().map(|unit| {
            let files = unit.files.iter().map(|path| Value::from(path.clone()));
            let events = Value::array(unit.package.kinds().map(|kind| kind.as_str().into()));
            let mut pairs = vec![
                ("unit", Value::from(unit.name.clone())),
                ("dialect", unit.package.dialect().into()),
                ("events", events),
                ("files", Value::array(files)),
            ];
            if let Package::Event(kind) = unit.package {
                pairs.push(("event", kind.as_str().into()));
            }
            pairs.extend(unit.scope.map(|scope| ("scope", scope_document(scope))));
            Value::object(pairs)
        }));
        warnings = list(policies.warnings());
        version = policies.version().into();
    }
    pairs.extend([("units", units), ("warnings", warnings), ("policy_version", version)]);
    Value::object(pairs)
}

fn scope_document(scope: &Scope) -> Value {
    let transports = scope.transports.iter().map(|transport| Value::from(transport.as_str()));
    Value::object([("transport", Value::array(transports)), ("inferred", scope.inferred.into())])
}

fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => "v1",
        Dialect::V0 => "v0",
        Dialect::V0Lenient => "v0_lenient",
        Dialect::Auto => "auto",
    }
}

fn report(found: &Inspection, root: &std::path::Path) -> String {
    let mut out = String::new();
    let show = |d: &Diagnostic, weight| {
        let text = found.files.iter().find(|file| file.path == d.file).map(|file| file.text.as_str());
        snippet::render(d, weight, root, text) + "\n"
    };
    found.errors.iter().for_each(|d| out.push_str(&show(d, Weight::Error)));
    if let Some(policies) = &found.policies {
        policies.warnings().iter().for_each(|d| out.push_str(&show(d, Weight::Warning)));
    }
    let width = found.files.iter().map(|file| file.path.chars().count()).max().unwrap_or_default();
    out.push_str("files\n");
    for file in &found.files {
        // Writing to a string cannot fail.
        let _ = match &file.rego {
            Some(rego) => writeln!(out, "  {:width$}  {}: {}", file.path, rego.package, said(rego)),
            None => writeln!(out, "  {}", file.path),
        };
    }
    let Some(policies) = &found.policies else {
        let _ = writeln!(out, "\n{}", counted(found.errors.len(), "error"));
        return out;
    };
    out.push_str("units\n");
    for unit in policies.units() {
        let limited = unit.scope.map(limited).unwrap_or_default();
        let _ = writeln!(out, "  {}{}{limited}", unit.name, read_as(unit.package));
    }
    let counts = [
        counted(found.files.len(), "file"),
        counted(policies.units().count(), "unit"),
        counted(policies.warnings().len(), "warning"),
    ];
    let _ = writeln!(out, "\n{}\npolicy version {}", counts.join(", "), policies.version());
    out
}

/// The dialect of a file, and what OPA says of it.
fn said(rego: &RegoView) -> String {
    let own = match rego.dialect {
        Dialect::V1 => "Rego v1",
        Dialect::V0 => "Rego v0",
        Dialect::V0Lenient | Dialect::Auto => "Rego v0, read leniently",
    };
    let opa = match (rego.opa_v1.is_empty(), rego.opa_v0.first()) {
        (true, _) => "OPA takes it".to_owned(),
        (false, None) => "OPA takes it with --v0-compatible".to_owned(),
        (false, Some(error)) => format!("OPA refuses it: {} in line {}", error.message, error.line),
    };
    format!("{own}; {opa}")
}

/// The dialect of a unit where its name does not tell it, and what the unit decides.
fn read_as(package: Package) -> String {
    match package {
        Package::Event(_) => String::new(),
        Package::Tako => {
            let kinds: Vec<&str> = package.kinds().map(|kind| kind.as_str()).collect();
            format!(", dialect {}: decides {}", package.dialect(), kinds.join(", "))
        }
    }
}

fn limited(scope: &Scope) -> String {
    let transports: Vec<&str> = scope.transports.iter().map(|transport| transport.as_str()).collect();
    let how = if scope.inferred { "its rules require it" } else { "stated" };
    format!(", only transport {} ({how})", transports.join(", "))
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
