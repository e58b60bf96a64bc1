//! JSON as it is printed.

use std::io;

use serde::Serialize;

use crate::output::terminal_safety;

/// A value as one line of JSON that is harmless on a terminal.
pub fn json_text(value: &impl Serialize) -> io::Result<String> {
    Ok(terminal_safety::json(serde_json::to_string(value)?))
}
