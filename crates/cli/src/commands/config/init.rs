//! `ipcascade config init`: a configuration file to start from.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ipcascade_core::registry::Registry;

use crate::args::{self, GlobalArgs};
use crate::config::{file_to_write, sample, user_config_file};
use crate::exit::Exit;
use crate::output::{Output, WholeFile};
use crate::output_file::database_at;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade config init                      write ./ipcascade.toml, with everything commented out
  ipcascade config init --user               write the user's own, which is used in every folder
  ipcascade --db postgresql://me@db/inventory --mmdb GeoLite2-ASN.mmdb config init
                                             the same with these values set
  ipcascade config init --stdout             print it";

/// Write a configuration file with comments, and with the values of --db and --mmdb if they are passed
///
/// It is written where the program looks for it: to the file of --config or IPCASCADE_CONFIG, otherwise to
/// ./ipcascade.toml. Only its owner may read it, as secrets may be added.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitCommand {
    /// Write to this file (`-`: standard output; default: see above)
    #[arg(short, long, value_name = "FILE", value_parser = args::path())]
    output: Option<PathBuf>,
    /// Write to the user's configuration folder, where it is found from every folder
    #[arg(long, conflicts_with = "output")]
    user: bool,
    /// Print it, and write no file
    #[arg(long, conflicts_with_all = ["output", "user"])]
    stdout: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Runs the command, whatever the configuration is.
pub(crate) fn init(
    args: &InitCommand,
    global: &GlobalArgs,
    registry: &Registry,
    output: &Output,
) -> CommandResult {
    let text = sample(registry, &global.first_values(registry)?);
    let is_standard = |file: &PathBuf| file.as_os_str() == "-";
    if args.stdout || args.output.as_ref().is_some_and(is_standard) {
        output.text(&text)?;
        return Ok(Exit::Done);
    }
    let file = match (&args.output, args.user) {
        (Some(file), _) => file.clone(),
        (None, true) => user_config_file().ok_or_else(|| {
            CliError::usage("there is no home directory for a configuration file")
                .hint("name a file with --output FILE")
        })?,
        (None, false) => file_to_write(global.config_file()),
    };
    write(&file, &text, args.force)?;
    output.notice(&format!(
        "wrote {}; `ipcascade config check` checks what you set in it",
        file.display()
    ));
    Ok(Exit::Done)
}

/// Writes a configuration file.
pub(super) fn write(file: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let shown = file.display();
    if file.is_dir() {
        return Err(
            CliError::usage(format!("cannot write {shown}: it is a folder"))
                .hint("name a file in it"),
        );
    }
    if let Some(what) = database_at(file) {
        return Err(
            CliError::usage(format!("cannot write {shown}: it is {what}"))
                .hint("name another file with --output FILE"),
        );
    }
    write_whole(file, text, force).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::usage(format!("cannot write {shown}: there is a file already"))
                .hint("keep it, name another with --output FILE, or replace it with --force")
        }
        _ => CliError::usage(format!("cannot write {shown}"))
            .caused_by(error)
            .hint("name another file with --output FILE"),
    })
}

fn write_whole(path: &Path, text: &str, force: bool) -> io::Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        if folder.is_file() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        std::fs::create_dir_all(folder)?;
    }
    let mut file = WholeFile::create_private(path)?;
    file.write_all(text.as_bytes())?;
    match force {
        true => file.finish(),
        false => file.finish_new(),
    }
}
