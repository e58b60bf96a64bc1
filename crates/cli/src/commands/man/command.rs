//! Runs `man`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use ipcascade_core::near_miss::suggestion;

use crate::commands::man::page::{ManPage, pages};
use crate::exit::Exit;
use crate::output::{Output, WholeFile, words};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade man | man -l -                              read it
  ipcascade man ip export | man -l -                    the page of a command
  ipcascade man --output ~/.local/share/man/man1        write all pages, where `man` finds them";

/// Print or write manual pages
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// The command whose page is printed (default: ipcascade itself)
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Vec<String>,
    /// Write a page for each command into this folder, which is created if needed
    #[arg(short, long, value_name = "DIR", value_parser = crate::args::path())]
    output: Option<PathBuf>,
}

/// Writes pages of `programs`, the first of which is this one.
pub(crate) fn run(args: &ManArgs, programs: &[Command], output: &Output) -> CommandResult {
    let pages = pages(programs)?;
    if let Some(folder) = &args.output {
        write_all(&pages, folder).map_err(|error| {
            CliError::failed(format!("cannot write pages to {}", folder.display()))
                .caused_by(error)
                .hint("name another folder with --output")
        })?;
        let count = words::count(pages.len() as u64, "page", "pages");
        output.notice(&format!("wrote {count} to {}", folder.display()));
        return Ok(Exit::Done);
    }
    let asked = args.command.join(" ");
    let own = |page: &ManPage| match page.command.strip_prefix("ipcascade") {
        Some(command) => command.trim_start().to_owned(),
        None => page.command.clone(),
    };
    let is_asked = |page: &&ManPage| own(page) == asked || page.command == asked;
    let Some(page) = pages.iter().find(is_asked) else {
        let names: Vec<String> = pages
            .iter()
            .map(own)
            .filter(|name| !name.is_empty())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let suggestion = suggestion(&asked, &names, "there are");
        return Err(CliError::usage(format!(
            "there is no command `{asked}`: {suggestion}"
        )));
    };
    output.bytes(&page.text)?;
    Ok(Exit::Done)
}

fn write_all(pages: &[ManPage], folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for page in pages {
        let mut file = WholeFile::create(&folder.join(page.file_name()))?;
        file.write_all(&page.text)?;
        file.finish()?;
    }
    Ok(())
}
