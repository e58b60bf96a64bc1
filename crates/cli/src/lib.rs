//! The `ipcascade` program.

pub mod input;
