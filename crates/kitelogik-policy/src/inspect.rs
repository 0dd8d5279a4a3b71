//! A policy set looked at, for those who write it: what each file is, what decides, what is wrong.

use crate::{Diagnostic, File, Limits, LoadError, LoadOptions, Policies, directory, opa, parsed::Parsed};
use kitelogik_rego::{Dialect, syntax::ast::Version};
use std::path::Path;

/// What was found in policy directories.
#[derive(Debug)]
pub struct Inspection {
    /// Every file that was read, by path
    pub files: Vec<FileView>,
    /// The policies, if they load
    pub policies: Option<Policies>,
    /// What keeps them from loading
    pub errors: Vec<Diagnostic>,
}

/// A file, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// Relative to the policy root
    pub path: String,
    /// What it holds
    pub text: String,
    /// Of a `.rego` file that can be read
    pub rego: Option<RegoView>,
}

/// A `.rego` file, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegoView {
    /// Its package
    pub package: String,
    /// The dialect that it was read in; never [`Dialect::Auto`]
    pub dialect: Dialect,
    /// What OPA 1.0 and after says of it
    pub opa_v1: Vec<Diagnostic>,
    /// What OPA says of it if told that it is of version 0
    pub opa_v0: Vec<Diagnostic>,
}

/// Looks at directories. An error is about a directory as a whole; what is wrong with files is found.
pub fn inspect<P: AsRef<Path>>(roots: &[P], options: &LoadOptions) -> Result<Inspection, LoadError> {
    let (files, wrong) = directory::list(roots, &Limits::DEFAULT)?;
    let loaded = Policies::of_read(&files, wrong, options);
    let said = [Version::V1, Version::V0].map(|version| opa::said(&files, version));
    let view = |file: &File| {
        let of = |said: &[Diagnostic]| said.iter().filter(|d| d.file == file.path).cloned().collect();
        let parsed = file.path.ends_with(".rego").then(|| Parsed::new(file).ok()).flatten();
        let [opa_v1, opa_v0] = said.each_ref().map(|said| of(said));
        FileView {
            path: file.path.clone(),
            text: String::from_utf8_lossy(&file.bytes).into_owned(),
            rego: parsed.map(|parsed| RegoView {
                package: parsed.package(),
                dialect: parsed.dialect(),
                opa_v1,
                opa_v0,
            }),
        }
    };
    let files = files.iter().map(view).collect();
    Ok(match loaded {
        Ok(policies) => Inspection { files, policies: Some(policies), errors: Vec::new() },
        Err(LoadError(errors)) => Inspection { files, policies: None, errors },
    })
}
