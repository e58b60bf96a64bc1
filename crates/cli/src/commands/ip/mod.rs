//! `ipcascade ip`: addresses.

mod command;
mod records;
mod show;

pub(crate) use command::{IpCommand, run};
