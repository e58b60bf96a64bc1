//! The program with all that is linked by default, for the end-to-end tests of this package: cargo
//! tells a package's tests only where its own binaries are.

use std::process::ExitCode;

fn main() -> ExitCode {
    ipcascade::main()
}
