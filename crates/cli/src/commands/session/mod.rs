//! `ipcascade session`: sessions.

mod command;

pub(crate) use command::{SessionCommand, run};
