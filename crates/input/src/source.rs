//! Where an input comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use ipcascade_core::home::expand_home;

use crate::list::looks_like_entry;
use crate::scan::scan;
use crate::skipped_text::Skipped;
use crate::spelling::Spelling;

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// The argument itself is an address, a CIDR or a range, or several addresses separated by commas.
    Argument(String),
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl InputSource {
    /// The meaning of a command line argument: `-` is standard input, an address, a CIDR or a range is itself, and
    /// anything else names a file. So does an address if there is a file of that name: a folder of logs often has one
    /// file for each sender.
    pub fn from_argument(argument: &str, spelling: Spelling) -> Self {
        if argument == "-" {
            Self::Stdin
        } else if is_entry(argument, spelling) && !Path::new(argument).is_file() {
            Self::Argument(argument.to_owned())
        } else {
            Self::File(expand_home(Path::new(argument)))
        }
    }
}

fn is_entry(text: &str, spelling: Spelling) -> bool {
    spelling.span(text).is_ok() || spelling.field(text, &mut Vec::new()).is_ok()
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

/// A hint at the intended meaning of an argument that is not a file.
pub fn argument_hint(argument: &str) -> Option<&'static str> {
    let number = argument
        .strip_prefix("AS")
        .or_else(|| argument.strip_prefix("as"));
    if number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    }) {
        return Some(
            "it looks like an AS: see `ipcascade lookup`; here addresses, networks, ranges and files are expected",
        );
    }
    let mut skipped = Skipped::default();
    let spelling = Spelling::default();
    scan(argument.as_bytes(), spelling, &mut Vec::new(), &mut skipped);
    (looks_like_entry(argument.as_bytes()) || !skipped.is_empty())
        .then_some("it is not an address, network or range either, though it looks like one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_an_address_or_standard_input_or_a_file() {
        for text in [
            "192.0.2.1",
            "192.0.2.0/24",
            "2001:db8::1-2001:db8::f",
            "192.0.2.1,192.0.2.2",
        ] {
            assert_eq!(
                InputSource::from_argument(text, Spelling::default()),
                InputSource::Argument(text.to_owned())
            );
        }
        assert_eq!(
            InputSource::from_argument("-", Spelling::default()),
            InputSource::Stdin
        );
        for text in ["./192.0.2.1", "cowrie.json", "256.1.1.1"] {
            assert_eq!(
                InputSource::from_argument(text, Spelling::default()),
                InputSource::File(text.into())
            );
        }
    }
}
