//! The `ipcascade` program; everything is in the library.

use std::process::ExitCode;

/// Rows are made of many small texts, which one thread makes and another frees.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ipcascade::main()
}
