//! `ipcascade asn`: ASes.

mod command;
pub(crate) mod page;
mod prefixes;
mod show;

pub(crate) use command::{AsnCommand, run};
