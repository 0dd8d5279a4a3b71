//! What must hold of the compiler, whatever the sources. A line `=====` parts one source from the next.

use kitelogik_rego::{Diagnostic, Dialect, Options, Program, Source};
use kitelogik_value::Value;

/// Compiling ends without a panic, says the same each time, and accepts the same sources in any order; what
/// is refused is refused with a code, a message and a place.
pub(crate) fn hold(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut sources: Vec<Source> = text
        .split("\n=====\n")
        .enumerate()
        .map(|(at, text)| Source {
            path: format!("{at}.rego"),
            text: text.to_owned(),
            dialect: Dialect::Auto,
        })
        .collect();
    let compile = |sources: &[Source], lenient_negation| {
        let options = Options { lenient_negation, ..Options::default() };
        Program::compile(sources, Value::object::<Value>([]), &options)
    };
    let first = compile(&sources, false);
    let again = compile(&sources, false);
    match (&first, &again) {
        (Ok(_), Ok(_)) => {}
        (Err(one), Err(other)) => {
            assert_eq!(one, other, "the same sources, other diagnostics");
            assert!(!one.is_empty(), "refused without a word");
            one.iter().for_each(|found| told(found, &sources));
        }
        _ => panic!("the same sources, accepted once and refused once"),
    }
    let strictly = || {
        let options = Options { strict: true, ..Options::default() };
        Program::compile(&sources, Value::object::<Value>([]), &options).err()
    };
    assert_eq!(strictly(), strictly(), "the same sources, other strict diagnostics");
    if first.is_ok() {
        assert!(compile(&sources, true).is_ok(), "the lenient reading refuses what the strict one accepts");
    }
    sources.reverse();
    assert_eq!(first.is_ok(), compile(&sources, false).is_ok(), "the order of the sources matters");
    if let Ok(program) = first {
        assert!(program.query("x = data").is_ok(), "no query after a good compile");
    }
}

fn told(found: &Diagnostic, sources: &[Source]) {
    let known = found.code.starts_with("rego_") || matches!(found.code, "reaches_out" | "not_offered");
    assert!(known && !found.message.is_empty(), "{found}");
    let source = sources.iter().find(|source| source.path == found.place.file);
    let source = source.unwrap_or_else(|| panic!("no such source: {found}"));
    let lines = source.text.matches('\n').count() as u32 + 1;
    assert!((1..=lines).contains(&found.place.line), "no such line: {found}");
    assert!(found.place.column >= 1, "no such column: {found}");
}
