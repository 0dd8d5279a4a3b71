//! Taking turns: what is compared runs in the same rounds, so that a busy machine slows all of it alike.

use std::time::Instant;

/// One thing that is measured.
pub(crate) struct Contender<'a>(Box<dyn FnMut() + 'a>);

impl<'a> Contender<'a> {
    pub(crate) fn new(run: impl FnMut() + 'a) -> Self {
        Self(Box::new(run))
    }
}

/// How long one turn takes about, in nanoseconds.
const TURN: f64 = 1_000_000.0;

/// The median time of one call of each in nanoseconds, over so many rounds in which each has its turn.
pub(crate) fn interleaved(rounds: usize, contenders: &mut [Contender<'_>]) -> Vec<f64> {
    let calls: Vec<usize> = contenders.iter_mut().map(|one| calls(&mut one.0)).collect();
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for ((one, calls), times) in contenders.iter_mut().zip(&calls).zip(&mut times) {
            times.push(time(*calls, &mut one.0));
        }
    }
    times.iter_mut().map(|times| middle(times)).collect()
}

/// The median time of one call in nanoseconds.
pub(crate) fn median(run: impl FnMut()) -> f64 {
    interleaved(31, &mut [Contender::new(run)]).first().copied().unwrap_or_default()
}

/// The middle one of these.
pub(crate) fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// One line of the table.
pub(crate) fn row(name: &str, nanos: f64) {
    println!("{name:<58} {nanos:>9.0} ns");
}

fn time(calls: usize, run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| run());
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// How many calls make a turn; found while everything warms up.
fn calls(run: &mut dyn FnMut()) -> usize {
    let mut calls = 1;
    loop {
        let took = time(calls, run) * calls as f64;
        if took >= TURN / 2.0 {
            return ((TURN / took * calls as f64) as usize).max(1);
        }
        calls *= 2;
    }
}
