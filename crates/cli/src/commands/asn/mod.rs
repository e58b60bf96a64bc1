//! `ipcascade asn`: ASes.

mod command;
mod show;

pub(crate) use command::{AsnCommand, run};
