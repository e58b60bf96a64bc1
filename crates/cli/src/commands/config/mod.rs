//! `ipcascade config`: the configuration.

mod check;
mod command;
mod init;
mod path;
mod remember;
mod settings;

pub(crate) use command::{ConfigCommand, run};
pub(crate) use init::init;
pub(crate) use remember::offer_to_remember;
