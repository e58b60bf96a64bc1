//! `ipcascade man`: manual pages.

mod command;
mod page;

pub(crate) use command::{ManArgs, run};
