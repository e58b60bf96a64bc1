//! Configuration through the built program.

mod init_and_check;
#[cfg(feature = "provider-greynoise")]
mod online_check;
mod refused;
mod secret_files;
mod secrets;
mod sources;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");
