//! `ipcascade lookup`: what is known about an address, source by source.

mod command;
mod explain;

pub(crate) use command::LookupArgs;
