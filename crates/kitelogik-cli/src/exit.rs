//! Exit codes (contract, section 4).

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

impl Exit {
    /// The code that a shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::FellShort => 1,
            Self::Usage => 2,
            Self::Failed => 3,
        }
    }
}
