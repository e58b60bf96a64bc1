//! The `ipcascade` program.
