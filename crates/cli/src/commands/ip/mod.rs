//! `ipcascade ip`: addresses.

mod command;
mod show;

pub(crate) use command::{IpCommand, run};
