//! What compiling costs grows with what there is to compile, not with its square.

use super::{source, value};
use kitelogik_rego::{Options, Program};
use std::time::{Duration, Instant};

fn compiled(text: &str) -> Duration {
    let start = Instant::now();
    let program = Program::compile(&[source(text)], value("{}"), &Options::default());
    assert!(program.is_ok(), "{:?}", program.err());
    start.elapsed()
}

/// Eight times the names may take up to thirty times as long in the best of a few tries, as a machine may be busy with
/// something else; a square takes sixty times as long in each.
#[test]
fn eight_thousand_names() {
    let chain = |at: usize| format!("r{at} := x if {{ x := r{}; x > {at} }}\n", at + 1);
    let function = |at: usize| format!("f{at}(x) := x + {at}\nr{at} := f{at}({at})\n");
    let keyed = |at: usize| format!("r{at}[x] := {at} if x := input.k\n");
    let nested = |at: usize| format!("r{at}.b.c := {at}\n");
    let shapes: [&dyn Fn(usize) -> String; 4] = [&chain, &function, &keyed, &nested];
    for (number, line) in shapes.into_iter().enumerate() {
        let module = |count: usize| {
            let lines: String = (0..count).map(line).collect();
            format!("package t\n{lines}r{count} := 1\n")
        };
        let (few, many) = (module(1_000), module(8_000));
        let holds = |_| compiled(&many) < compiled(&few) * 30;
        assert!((0..5).any(holds), "shape {number} grows with the square of its names");
    }
}
