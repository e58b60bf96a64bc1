//! The log: messages of the libraries, and with `--log-format json` or `--log-file` those of the program as well.

mod args;
mod json_lines;
mod levels;
mod start;
mod text_lines;

pub(crate) use args::LogArgs;
pub(crate) use start::start;
