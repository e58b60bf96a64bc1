//! `ipcascade asn`: ASes.

mod command;
pub(crate) mod page;
mod show;

pub(crate) use command::{AsnCommand, run};
