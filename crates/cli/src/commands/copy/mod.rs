//! `ipcascade copy`: moves an inventory from one database to another.

mod command;
mod summary;

pub(crate) use command::{CopyArgs, run};
