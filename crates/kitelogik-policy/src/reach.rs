//! Which packages a decision can reach. A file that none does would be inert, mostly by a typo.

use crate::{
    Diagnostic, Package,
    parsed::Parsed,
    tree::{Named, named},
};
use std::collections::BTreeSet;

/// Libraries that no unit reaches, and decision packages that something refers to: those stand alone.
pub(crate) fn unreached(files: &[(&Parsed, Option<Package>)]) -> Vec<Diagnostic> {
    let references: Vec<Vec<Named<'_>>> = files.iter().map(|(file, _)| named(&file.module)).collect();
    let path =
        |file: &Parsed| -> Vec<String> { file.module.package.iter().map(ToString::to_string).collect() };
    let refers = |from: &[Named<'_>], to: &[String]| {
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        from.iter().find(|named| named.touches("data", &to)).map(|named| named.span)
    };
    let mut reached: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut next: Vec<Vec<String>> =
        files.iter().filter(|(_, decides)| decides.is_some()).map(|(file, _)| path(file)).collect();
    while let Some(package) = next.pop() {
        if !reached.insert(package.clone()) {
            continue;
        }
        for ((file, _), names) in files.iter().zip(&references) {
            if path(file) == package {
                let found =
                    files.iter().map(|(other, _)| path(other)).filter(|to| refers(names, to).is_some());
                next.extend(found);
            }
        }
    }
    let mut wrong = Vec::new();
    for (file, decides) in files {
        let package = path(file);
        if decides.is_none() && !reached.contains(&package) {
            let message = format!("no entry rule, and no deciding file refers to data.{}", file.package());
            let help = "check the package's name, or remove the file";
            wrong.push(file.at(file.module.package_span, "no_entry_rule", message, help));
        }
        if decides.is_none() {
            continue;
        }
        for ((other, _), names) in files.iter().zip(&references) {
            if let (true, Some(span)) = (path(other) != package, refers(names, &package)) {
                let message = format!("this refers to the decision package data.{}", file.package());
                wrong.push(other.at(
                    span,
                    "refers_to_decision",
                    message,
                    "move what they share to a library",
                ));
            }
        }
    }
    wrong
}
