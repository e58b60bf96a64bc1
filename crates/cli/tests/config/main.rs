//! Configuration through the built program.

mod refused;
mod secrets;
mod sources;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");
