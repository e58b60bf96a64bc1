//! `ipcascade config`: the configuration.

mod check;
mod command;
mod init;
mod path;
mod settings;

pub(crate) use command::{ConfigCommand, run};
pub(crate) use init::init;
