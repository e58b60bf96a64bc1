//! `ipcascade completions`: completions for a shell.

mod command;
mod line;
mod scripts;
mod stored;
mod stored_command;
mod values;

pub(crate) use command::{CompletionsArgs, run};
pub(crate) use stored_command::{StoredArgs, run_stored};
