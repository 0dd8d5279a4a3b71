//! A policy set, loaded: from files to units, or everything that is wrong with them.

use crate::{
    Diagnostic, File, Limits, LoadError, Package, Scope, data, directory,
    evaluate::Unit,
    metadata,
    parsed::Parsed,
    reach,
    tree::{self, Spellings},
    unit, version,
};
use kitelogik_core::Reads;
use kitelogik_model::EventKind;
use kitelogik_value::Value;
use std::{collections::BTreeMap, fmt, path::Path, sync::Arc, time::Duration};

/// How policies are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Refuse what OPA 1.0 and after refuses: older syntax, several defaults in a package, negations that bind
    /// nothing
    pub opa_strict: bool,
    /// Bounds of one evaluation; the deadline is the backstop behind the steps
    pub limits: kitelogik_rego::Limits,
}

impl LoadOptions {
    /// Not strict; the bounds of the engine, and five seconds.
    pub const DEFAULT: Self = Self {
        opa_strict: false,
        limits: kitelogik_rego::Limits {
            deadline: Some(Duration::from_secs(5)),
            ..kitelogik_rego::Limits::DEFAULT
        },
    };
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The policies of a directory. Never changes; threads share it without a lock.
pub struct Policies {
    pub(crate) units: Vec<Unit>,
    pub(crate) version: Arc<str>,
    pub(crate) spellings: Spellings,
    pub(crate) reads: Reads,
    pub(crate) limits: kitelogik_rego::Limits,
    tags: Vec<TagTest>,
    warnings: Vec<Diagnostic>,
}

/// A place where a policy tests a tag of the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagTest {
    /// The tag
    pub tag: Arc<str>,
    /// Path relative to the policy root
    pub file: Arc<str>,
    /// Line, from 1
    pub line: u32,
}

/// A unit, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitView<'p> {
    /// Its name: the package, and the file where the package has several units
    pub name: &'p Arc<str>,
    /// Its package, which says what it decides and in which dialect
    pub package: Package,
    /// What it is limited to, if it is
    pub scope: Option<&'p Scope>,
    /// Its files, libraries not among them
    pub files: &'p [Arc<str>],
}

impl Policies {
    /// Loads a directory. The error holds everything that is wrong with it.
    pub fn load(root: &Path) -> Result<Self, LoadError> {
        Self::load_all(&[root])
    }

    /// Loads several directories as one.
    pub fn load_all<P: AsRef<Path>>(roots: &[P]) -> Result<Self, LoadError> {
        let (files, wrong) = directory::list(roots, &Limits::DEFAULT)?;
        Self::of_read(&files, wrong, &LoadOptions::DEFAULT)
    }

    /// Compiles what was read. If some files could not be, the others are only looked at one by one: what the
    /// missing ones would have said is not known.
    pub(crate) fn of_read(
        files: &[File],
        mut wrong: Vec<Diagnostic>,
        options: &LoadOptions,
    ) -> Result<Self, LoadError> {
        if wrong.is_empty() {
            return Self::with_options(files, options);
        }
        wrong.extend(FirstLook::at(files).wrong);
        Err(LoadError::new(wrong))
    }

    /// Compiles files; their order does not matter.
    pub fn new(files: &[File]) -> Result<Self, LoadError> {
        Self::with_options(files, &LoadOptions::DEFAULT)
    }

    /// Compiles files; their order does not matter.
    pub fn with_options(files: &[File], options: &LoadOptions) -> Result<Self, LoadError> {
        let FirstLook { data, parsed, decides, mut wrong } = FirstLook::at(files);
        // What unread files refer to, and what they share, is not known.
        if !wrong.is_empty() {
            return Err(LoadError::new(wrong));
        }
        let decides: Vec<(&Parsed, Option<Package>)> = parsed.iter().zip(decides).collect();
        wrong.extend(reach::unreached(&decides));
        let units = compile(&decides, &data, &mut wrong);
        let mut policies = Self {
            warnings: Vec::new(),
            version: version(files).into(),
            spellings: Spellings::new(),
            tags: parsed.iter().flat_map(tag_tests).collect(),
            reads: reads(&parsed),
            limits: options.limits,
            units,
        };
        parsed.iter().for_each(|file| tree::spellings(&file.module, &mut policies.spellings));
        policies.warnings = policies.warn();
        if options.opa_strict {
            wrong.extend(crate::opa::refusals(files));
        }
        if wrong.is_empty() { Ok(policies) } else { Err(LoadError::new(wrong)) }
    }

    /// The units, by package and name.
    pub fn units(&self) -> impl Iterator<Item = UnitView<'_>> {
        self.units.iter().map(|unit| UnitView {
            name: &unit.name,
            package: unit.package,
            scope: unit.scope.as_ref(),
            files: &unit.files,
        })
    }

    /// The tags that are tested: one that no tool carries makes a rule that never fires.
    pub fn tags(&self) -> &[TagTest] {
        &self.tags
    }

    /// What loads and may not be meant.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn warn(&self) -> Vec<Diagnostic> {
        let mut warnings: Vec<Diagnostic> =
            self.units.iter().flat_map(|unit| unit.program.warnings()).map(lenient).collect();
        let decides = |kind| self.units.iter().any(|unit| unit.package.decides(kind));
        if !decides(EventKind::ToolCall) {
            let (message, help) = if decides(EventKind::AgentResource) {
                (
                    "no unit decides tool calls but those of kitelogik.agent_resource",
                    "add kitelogik.tool_call",
                )
            } else {
                (
                    "no unit decides tool calls: every one is denied",
                    "add a file of package kitelogik.tool_call",
                )
            };
            warnings.push(Diagnostic::file("", "no_tool_call_unit", message, help));
        }
        warnings.sort();
        warnings.dedup();
        warnings
    }
}

/// What each file shows by itself.
struct FirstLook {
    data: Value,
    parsed: Vec<Parsed>,
    /// What each of `parsed` decides
    decides: Vec<Option<Package>>,
    wrong: Vec<Diagnostic>,
}

impl FirstLook {
    fn at(files: &[File]) -> Self {
        let mut sorted: Vec<&File> = files.iter().collect();
        sorted.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        let (rego, documents): (Vec<&File>, Vec<&File>) =
            sorted.iter().partition(|file| file.path.ends_with(".rego"));
        let (data, wrong) = data::documents(&documents);
        let mut look = Self { data, parsed: Vec::new(), decides: Vec::new(), wrong };
        for file in rego {
            let decides = |file: &Parsed| file.decision_package().map_err(|error| vec![error]);
            match Parsed::new(file).and_then(|file| Ok((decides(&file)?, file))) {
                Ok((package, file)) => {
                    look.wrong.extend(package.into_iter().flat_map(|package| file.misshapen(package)));
                    look.parsed.push(file);
                    look.decides.push(package);
                }
                Err(errors) => look.wrong.extend(errors),
            }
        }
        look
    }
}

fn compile(files: &[(&Parsed, Option<Package>)], data: &Value, wrong: &mut Vec<Diagnostic>) -> Vec<Unit> {
    let libraries: Vec<&Parsed> =
        files.iter().filter(|(_, package)| package.is_none()).map(|(file, _)| *file).collect();
    for library in &libraries {
        match metadata::stated_scope(library) {
            Ok(None) => {}
            Ok(Some(_)) => {
                let message = "a scope (applies_to) in a file that decides nothing";
                let help = "state it in a package that decides";
                wrong.push(library.at(library.module.package_span, "invalid_metadata", message, help));
            }
            Err(error) => wrong.push(error),
        }
    }
    let mut packages: BTreeMap<Package, Vec<&Parsed>> = BTreeMap::new();
    for (file, package) in files {
        if let Some(package) = package {
            packages.entry(*package).or_default().push(file);
        }
    }
    let mut units = Vec::new();
    for (package, files) in packages {
        for group in unit::split(package, &files, wrong) {
            match Unit::compile(group, &libraries, data) {
                Ok(unit) => units.push(unit),
                Err(errors) => wrong.extend(errors),
            }
        }
    }
    units
}

/// What is read although OPA refuses it, with what it would take.
fn lenient(warning: &kitelogik_rego::Diagnostic) -> Diagnostic {
    let help = match warning.code {
        "rego_unsafe_var_error" => "write `not \"x\" in xs` for `not xs[_] == \"x\"`",
        _ => "add `import future.keywords` below the package, or write Rego v1",
    };
    Diagnostic { help: help.to_owned(), ..warning.into() }
}

fn tag_tests(file: &Parsed) -> Vec<TagTest> {
    let test = |(tag, span): (&str, _)| {
        let place = file.at(span, "", "", "");
        TagTest { tag: tag.into(), file: file.path.as_str().into(), line: place.line }
    };
    tree::tags(&file.module).into_iter().map(test).collect()
}

/// What the files can see of the session that grows with it, also as a part of more.
fn reads(files: &[Parsed]) -> Reads {
    let names = || files.iter().flat_map(|file| tree::named(&file.module));
    let sees = |part| names().any(|named| named.touches("input", &["session", part]));
    Reads { tool_calls: sees("tool_calls"), tool_call_count: sees("tool_call_count") }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("version", &self.version).finish_non_exhaustive()
    }
}
