//! `ipcascade ip`: addresses.

mod command;
mod feed;
mod show;

pub(crate) use command::{IpCommand, run};
