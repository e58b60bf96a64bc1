//! What a role of a database may do.

use std::fmt;
use std::str::FromStr;

/// What a role may do with an inventory; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// List, look up, report, verify.
    Read,
    /// Look stored addresses up again.
    Refresh,
    /// Store addresses and sessions, and repair.
    Write,
}

impl Rights {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Refresh, Self::Write];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Refresh => "refresh",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rights {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|rights| rights.name() == text)
            .ok_or("expected read, refresh or write")
    }
}
