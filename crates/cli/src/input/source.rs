//! Where an input comes from.

use std::fmt;
use std::path::PathBuf;

use super::AddressSpan;

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// The argument itself is an address, a CIDR or a range.
    Argument(String),
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl InputSource {
    /// What an argument of the command line means: `-` is standard input, what reads as an address,
    /// a CIDR or a range is that, and all else names a file.
    ///
    /// A file that has an address as its name is reached as `./192.0.2.1`.
    pub fn from_argument(argument: &str) -> Self {
        if argument == "-" {
            Self::Stdin
        } else if argument.parse::<AddressSpan>().is_ok() {
            Self::Argument(argument.to_owned())
        } else {
            Self::File(argument.into())
        }
    }
}

impl fmt::Display for InputSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(text) => f.write_str(text),
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_an_address_or_standard_input_or_a_file() {
        for text in ["192.0.2.1", "192.0.2.0/24", "2001:db8::1-2001:db8::f"] {
            assert_eq!(
                InputSource::from_argument(text),
                InputSource::Argument(text.to_owned())
            );
        }
        assert_eq!(InputSource::from_argument("-"), InputSource::Stdin);
        for text in ["./192.0.2.1", "cowrie.json", "256.1.1.1"] {
            assert_eq!(
                InputSource::from_argument(text),
                InputSource::File(text.into())
            );
        }
    }
}
