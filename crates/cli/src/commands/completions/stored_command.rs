//! Answers a shell that completes a value of the inventory.

use std::time::Duration;

use clap::{Args, Command, FromArgMatches as _};
use ipcascade_core::clock::Clock;
use ipcascade_core::registry::Registry;
use ipcascade_core::store::OpenMode;

use crate::app::App;
use crate::args::GlobalArgs;
use crate::commands::completions::line::{Wanted, wanted};
use crate::commands::completions::stored::values;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::Output;
use crate::report::CommandResult;

/// How long somebody who has pressed a key waits.
const PATIENCE: Duration = Duration::from_millis(500);

/// Print the values of the inventory that the last word begins, for the scripts of `completions`
#[derive(Debug, Args)]
pub(crate) struct StoredArgs {
    /// The command line so far, with the program first
    #[arg(
        allow_hyphen_values = true,
        trailing_var_arg = true,
        value_name = "WORD"
    )]
    words: Vec<String>,
}

/// Runs the command. Whatever is wrong, it prints nothing: the shell is about to show a command line.
pub(crate) fn run_stored(
    args: &StoredArgs,
    program: Option<&Command>,
    output: &Output,
) -> CommandResult {
    let words: Vec<String> = args.words.iter().map(|word| unquoted(word)).collect();
    let found = program.and_then(|program| {
        let wanted = wanted(program, &words)?;
        found(program, &words, &wanted)
    });
    for value in found.unwrap_or_default() {
        output.line(&value)?;
    }
    Ok(Exit::Done)
}

/// A word as a shell would read it, if all of it is quoted: bash passes it on as it is written.
fn unquoted(word: &str) -> String {
    let mut inner = ['"', '\'']
        .into_iter()
        .filter_map(|quote| word.strip_prefix(quote)?.strip_suffix(quote));
    inner.next().unwrap_or(word).to_owned()
}

fn found(program: &Command, words: &[String], wanted: &Wanted) -> Option<Vec<String>> {
    // The line is not complete, and has options that are global.
    let mut program = program.clone().ignore_errors(true);
    let before = words.get(..words.len().checked_sub(1)?)?;
    let matches = program.try_get_matches_from_mut(before).ok()?;
    let global = GlobalArgs::from_arg_matches(&matches).ok()?;
    let registry = Registry::linked().ok()?;
    let config = Config::load(&global.overrides(), &registry).ok()?;
    let quiet = Output::new(crate::output::OutputOptions {
        quiet: true,
        ..Default::default()
    });
    let app = App::new(config, registry, Clock::system(), &quiet);
    if !app.store_exists().ok()? {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .ok()?;
    let found = runtime.block_on(async {
        let asked = async {
            let store = app.open_store(OpenMode::Read).await.ok()?;
            values(&*store, wanted).await.ok()
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    });
    runtime.shutdown_background();
    found
}
