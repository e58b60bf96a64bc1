//! The options of the log.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// How the log is written, and where.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogArgs {
    /// Format of log messages; with `json` everything on standard error is one JSON object per line
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        env = "IPCASCADE_LOG_FORMAT",
        hide_env_values = true
    )]
    pub(super) log_format: LogFormat,
    /// Append log messages and all other messages of the program to this file, also with -q (default: no file)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_parser = crate::args::path(),
        env = "IPCASCADE_LOG_FILE",
        hide_env_values = true
    )]
    pub(super) log_file: Option<PathBuf>,
}

impl LogArgs {
    /// The file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.log_file.as_deref()
    }

    /// Whether standard error has JSON.
    pub(crate) fn is_json_on_stderr(&self) -> bool {
        self.log_format == LogFormat::Json && self.log_file.is_none()
    }
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line, for programs
    Json,
}
