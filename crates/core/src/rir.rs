//! The regional Internet registries.

use std::fmt;

use serde_json::Value;

/// An RIR, under its name in the delegated statistics
/// (<https://ftp.ripe.net/pub/stats/ripencc/RIR-Statistics-Exchange-Format.txt>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rir {
    /// Africa.
    Afrinic,
    /// Asia and the Pacific.
    Apnic,
    /// North America.
    Arin,
    /// Latin America and the Caribbean.
    Lacnic,
    /// Europe, the Middle East and Central Asia.
    Ripencc,
}

impl Rir {
    /// All of them, by name.
    pub const ALL: [Self; 5] = [
        Self::Afrinic,
        Self::Apnic,
        Self::Arin,
        Self::Lacnic,
        Self::Ripencc,
    ];

    /// Reads a name in any case; the RIPE NCC has several.
    ///
    /// ```
    /// use ipcascade_core::rir::Rir;
    ///
    /// assert_eq!(Rir::parse("RIPE NCC"), Some(Rir::Ripencc));
    /// assert_eq!(Rir::parse("other"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "afrinic" => Self::Afrinic,
            "apnic" => Self::Apnic,
            "arin" => Self::Arin,
            "lacnic" => Self::Lacnic,
            "ripencc" | "ripe" | "ripe ncc" | "ripe-ncc" => Self::Ripencc,
            _ => return None,
        })
    }

    /// Reads a name from a JSON string.
    pub fn from_json(value: &Value) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Afrinic => "afrinic",
            Self::Apnic => "apnic",
            Self::Arin => "arin",
            Self::Lacnic => "lacnic",
            Self::Ripencc => "ripencc",
        }
    }
}

impl fmt::Display for Rir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
