//! `ipcascade asn`: ASes.

mod command;
mod records;
mod show;

pub(crate) use command::{AsnCommand, run};
