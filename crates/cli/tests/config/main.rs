//! Configuration through the built program.

mod init_and_check;
mod refused;
mod secrets;
mod sources;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");
