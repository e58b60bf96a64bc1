//! The `ipcascade` program; everything is in the library.

use std::process::ExitCode;

/// Rows consist of many small texts, which one thread allocates and another frees.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ipcascade::main()
}
