//! `ipcascade completions`: completions for a shell.

mod command;
mod values;

pub(crate) use command::{CompletionsArgs, run};
