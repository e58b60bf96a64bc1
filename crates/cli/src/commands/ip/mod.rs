//! `ipcascade ip`: addresses.

mod command;
mod feed;
mod index_advice;
mod show;

pub(crate) use command::{IpCommand, run};
