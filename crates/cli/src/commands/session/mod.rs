//! `ipcascade session`: sessions.

mod command;
mod show;

pub(crate) use command::{SessionCommand, run};
