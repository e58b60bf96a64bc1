//! Addresses on the command line and on standard input.

use std::collections::HashSet;
use std::io::BufRead as _;

use ipcascade_core::address::Address;
use ipcascade_input::Spelling;

use crate::output::Output;
use crate::report::CliError;

/// The requested addresses, each once, and whether some lines of standard input are not addresses, which are reported.
pub(crate) fn addresses_of(
    arguments: &[String],
    spelling: Spelling,
    output: &Output,
) -> Result<(Vec<Address>, bool), CliError> {
    let mut addresses = Vec::new();
    let mut has_bad_lines = false;
    for argument in arguments {
        if argument != "-" {
            let read = spelling.addresses(argument, &mut addresses);
            read.map_err(CliError::usage)?;
            continue;
        }
        for (number, line) in std::io::stdin().lock().split(b'\n').enumerate() {
            let failed = |error| CliError::failed("cannot read standard input").caused_by(error);
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            if let Err(reason) = spelling.entry(&line, &mut addresses) {
                output.failure(&format!("standard input:{}: {reason}", number + 1));
                has_bad_lines = true;
            }
        }
    }
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    Ok((addresses, has_bad_lines))
}

/// Whether several addresses were asked for: the form of the answer depends on the question, not on what is found.
pub(crate) fn are_several(arguments: &[String], addresses: &[Address]) -> bool {
    arguments.len() > 1 || addresses.len() > 1 || arguments.iter().any(|argument| argument == "-")
}
