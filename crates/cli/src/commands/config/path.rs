//! `ipcascade config path`: which file is used.

use clap::Args;

use crate::app::App;
use crate::exit::Exit;
use crate::output::words;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade config path
  ipcascade --config other.toml config path";

/// Print the path of the configuration file in use, or the places where one is looked for
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PathCommand {}

pub(super) fn path(_args: &PathCommand, app: &App<'_>) -> CommandResult {
    let location = app.config().location();
    match location.file() {
        Some(file) => app.output().line(&file.display().to_string())?,
        None => {
            let searched = location.searched().iter();
            let places: Vec<String> = searched.map(|file| file.display().to_string()).collect();
            let looked = words::count(
                u64::try_from(places.len()).unwrap_or(u64::MAX),
                "place was",
                "places were",
            );
            app.output().notice(&format!(
                "there is no configuration file; {looked} looked at: {}",
                places.join(", ")
            ));
        }
    }
    Ok(Exit::Done)
}
