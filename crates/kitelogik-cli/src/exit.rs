//! Exit codes (contract, section 4).

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, whatever was decided
    Done,
    /// What was examined fell short
    FellShort,
    /// The command line is wrong
    Usage,
    /// It could not be done
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::FellShort => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
        })
    }
}
