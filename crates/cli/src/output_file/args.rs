//! The option.

use std::path::{Path, PathBuf};

use clap::Args;

/// Its identifier, which options that mean something else by this name do not have.
pub(super) const ID: &str = "output_file";

/// The option of every command that prints records. What they print goes to the file by itself.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FileArgs {
    /// Write to this file instead of standard output (`-`). A run that breaks off leaves the file as it was; one that fails in
    /// part writes the rest. Without --format its name decides the format, if the command has that: .csv, .json, .ndjson, .jsonl,
    /// .html
    #[arg(id = ID, short, long = "output", value_name = "FILE", value_parser = crate::args::path())]
    path: Option<PathBuf>,
}

impl FileArgs {
    /// The file, if it is not standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| *path != Path::new("-"))
    }
}
