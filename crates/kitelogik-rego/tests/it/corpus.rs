//! The corpora of the fuzz targets, replayed.

#[path = "../../../../fuzz/properties/compile.rs"]
mod compile;
#[path = "../../../../fuzz/properties/evaluate.rs"]
mod evaluate;
#[path = "../../../../fuzz/properties/corpus.rs"]
mod kept;
#[path = "../../../../fuzz/properties/parse.rs"]
mod parse;

#[test]
fn parse_holds() {
    kept::replay("parse", parse::hold);
}

#[test]
fn compile_holds() {
    kept::replay("compile", compile::hold);
}

#[test]
fn evaluate_holds() {
    kept::replay("evaluate", evaluate::hold);
}
