//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;

use crate::answer;

/// Reads an answer.
///
/// # Errors
///
/// The reason why the line is not one.
pub fn read(line: &[u8]) -> Result<(Address, Outcome), String> {
    answer::read(line)
}
