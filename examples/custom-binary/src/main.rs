//! The program `ipcascade` with the provider `csv` linked in.

use std::process::ExitCode;

// A crate that is never named is not linked.
use provider_csv as _;

fn main() -> ExitCode {
    ipcascade::main()
}
