//! The `ipcascade` program; everything is in the library.

fn main() {}
