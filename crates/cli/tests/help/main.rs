//! What helps people who do not know the program yet, or have mistyped something.

mod near_miss;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");
