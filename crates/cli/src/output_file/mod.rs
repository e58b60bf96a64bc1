//! `--output`: the file that data is written to, and the format that its name stands for.

mod args;
mod format;
mod place;
mod request;

pub(crate) use args::FileArgs;
pub(crate) use place::database_at;
pub(crate) use request::OutputFile;
