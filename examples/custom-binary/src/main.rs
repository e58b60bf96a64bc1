//! The program `ipcascade` with the provider `csv` linked in.
//!
//! A provider registers itself when its crate is linked, and a crate is linked when something names it: `use … as _` is all
//! that it takes. Nothing is configured here; `ipcascade providers` lists the provider, last of the default cascade.

use std::process::ExitCode;

// A crate that is never named is not linked.
use provider_csv as _;

fn main() -> ExitCode {
    ipcascade::main()
}
