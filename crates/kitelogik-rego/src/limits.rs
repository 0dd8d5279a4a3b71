//! Bounds of one evaluation.

use std::time::Duration;

/// Bounds of one evaluation. Each has a typed failure ([`crate::Limit`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations, members visited and work charged by builtins
    pub steps: u64,
    /// Bytes of values made while evaluating
    pub memory: usize,
    /// Members of any one collection
    pub items: usize,
    /// Rules, calls, comprehensions and iterations within each other
    pub depth: u32,
    /// When to give up, on the clock of [`crate::Context`]; needs both
    pub deadline: Option<Duration>,
    /// True: an error of a builtin ends the evaluation. False, as in OPA: it makes the call undefined.
    pub strict_builtin_errors: bool,
}

impl Limits {
    /// A million steps, 64 MiB, a million members, 512 levels, no deadline, strict.
    pub const DEFAULT: Self = Self {
        steps: 1_000_000,
        memory: 64 << 20,
        items: 1_000_000,
        depth: 512,
        deadline: None,
        strict_builtin_errors: true,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
