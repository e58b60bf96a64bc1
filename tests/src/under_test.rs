//! The program with everything that is linked by default, for the end-to-end tests of this package: cargo provides a
//! package's tests only with the paths of its own binaries.

use std::process::ExitCode;

fn main() -> ExitCode {
    ipcascade::main()
}
