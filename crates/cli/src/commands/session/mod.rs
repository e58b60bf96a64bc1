//! `ipcascade session`: sessions.

mod command;
mod records;

pub(crate) use command::{SessionCommand, run};
