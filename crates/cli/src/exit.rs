//! The meaning of the program's exit codes.

use std::process::ExitCode;

/// How a run ended. The numbers are part of the program's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything requested was done.
    Done,
    /// Something failed, or a check found something.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// The store cannot be used.
    StoreUnavailable,
    /// The run was ended early.
    Interrupted,
}

impl Exit {
    /// All of them, by code.
    pub const ALL: [Self; 5] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::StoreUnavailable,
        Self::Interrupted,
    ];

    /// What it means, as a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "Everything requested was done, also when single records were left out.",
            Self::Failed => {
                "The run completed, but an input or a provider failed, or a check found something."
            }
            Self::Usage => "The command line or the configuration is wrong; nothing was done.",
            Self::StoreUnavailable => "The store cannot be used.",
            Self::Interrupted => {
                "The user or the operating system ended the run early; what was committed stays, \
                 and the same command resumes."
            }
        }
    }

    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::StoreUnavailable => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
