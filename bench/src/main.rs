//! What a decision costs. Medians in one process, of rounds in which everything has its turn.
//!
//! Without arguments all sections are printed; `engines`, `rules`, `threads`, `load`, `policies` and `pipeline`
//! print one. `spin <what> <calls>` only runs, for a profiler: `files`, `files.json` or `pipeline`.

mod cases;
mod clock;
mod engines;
mod growth;
mod pipeline;
mod policies;

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["spin", what, calls] = args[..] {
        return spin(what, calls.parse()?);
    }
    let wanted = |section: &str| args.is_empty() || args.contains(&section);
    if wanted("engines") {
        engines::rows()?;
    }
    if wanted("rules") {
        growth::rules()?;
    }
    if wanted("threads") {
        growth::threads()?;
    }
    if wanted("load") {
        growth::load()?;
    }
    if wanted("policies") {
        policies::rows(Path::new(EXAMPLES))?;
    }
    if wanted("pipeline") {
        pipeline::rows(Path::new(EXAMPLES))?;
    }
    Ok(())
}

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/policies");

fn spin(what: &str, calls: usize) -> Result<(), Box<dyn Error>> {
    match (what, what.strip_suffix(".json")) {
        ("pipeline", _) => pipeline::spin(Path::new(EXAMPLES), calls),
        (_, Some(rule)) => engines::spin(rule, true, calls),
        (rule, None) => engines::spin(rule, false, calls),
    }
}
