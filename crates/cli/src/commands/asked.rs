//! What is asked for, on the command line and on standard input.

use std::collections::HashSet;
use std::io::BufRead as _;

use ipcascade_core::address::Address;
use ipcascade_input::{Spelling, list_entry};

use crate::output::Output;
use crate::report::CliError;

/// Why a text does not stand for anything that can be asked for.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) hint: Option<&'static str>,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { reason, hint: None }
    }
}

impl Refused {
    /// What is reported if other texts are answered.
    fn reported(&self) -> String {
        match self.hint {
            Some(hint) => format!("{}: {hint}", self.reason),
            None => self.reason.clone(),
        }
    }
}

impl From<Refused> for CliError {
    fn from(refused: Refused) -> Self {
        let error = Self::usage(refused.reason);
        match refused.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Calls `read` with each argument, and for `-` with each line of standard input; returns whether some of them were
/// refused. Those are reported and end nothing, unless a single argument is all there is.
pub(crate) fn read_each(
    arguments: &[String],
    output: &Output,
    mut read: impl FnMut(&str) -> Result<(), Refused>,
) -> Result<bool, CliError> {
    let mut are_refused = false;
    for argument in arguments {
        if argument != "-" {
            match read(argument) {
                Err(refused) if arguments.len() == 1 => return Err(refused.into()),
                Err(refused) => {
                    output.failure(&refused.reported());
                    are_refused = true;
                }
                Ok(()) => {}
            }
            continue;
        }
        for (number, line) in std::io::stdin().lock().split(b'\n').enumerate() {
            let failed = |error| CliError::failed("cannot read standard input").caused_by(error);
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            let entry = list_entry(&line);
            if entry.is_empty() {
                continue;
            }
            if let Err(refused) = read(entry) {
                let text = format!("standard input:{}: {}", number + 1, refused.reported());
                output.failure(&text);
                are_refused = true;
            }
        }
    }
    Ok(are_refused)
}

/// The requested addresses, each once, and whether some of what is asked for is not an address, which is reported.
pub(crate) fn addresses_of(
    arguments: &[String],
    spelling: Spelling,
    output: &Output,
) -> Result<(Vec<Address>, bool), CliError> {
    let mut addresses = Vec::new();
    let are_refused = read_each(arguments, output, |text| {
        spelling
            .addresses(text, &mut addresses)
            .map_err(Refused::from)
    })?;
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    Ok((addresses, are_refused))
}

/// Whether several things were asked for: the form of the answer depends on the question, not on what is found.
pub(crate) fn are_several(arguments: &[String], asked: usize) -> bool {
    arguments.len() > 1 || asked > 1 || arguments.iter().any(|argument| argument == "-")
}
