//! `ipcascade asn`: ASes.

mod command;
pub(crate) mod page;
pub(crate) mod prefixes;
mod show;

pub(crate) use command::{AsnCommand, run};
