//! What compiling costs grows with what there is to compile, not with its square.

use super::{source, value};
use kitelogik_rego::{Options, Program};
use std::time::{Duration, Instant};

/// The shortest of a few runs, so that what else the machine does counts little.
fn shortest(text: &str) -> Duration {
    let run = |_| {
        let start = Instant::now();
        let program = Program::compile(&[source(text)], value("{}"), &Options::default());
        assert!(program.is_ok(), "{:?}", program.err());
        start.elapsed()
    };
    (0..3).map(run).min().unwrap()
}

/// Eight times the names may take up to twenty times as long; before, it was over sixty.
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
        let (few, many) = (shortest(&module(1_000)), shortest(&module(8_000)));
        assert!(many < few * 20, "shape {number}: {few:?} for 1,000 names, {many:?} for 8,000");
    }
}
