//! `ipcascade completions`: completions for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::Exit;
use crate::output::Output;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade completions bash > ~/.local/share/bash-completion/completions/ipcascade
  ipcascade completions zsh > ~/.zfunc/_ipcascade
  ipcascade completions fish > ~/.config/fish/completions/ipcascade.fish";

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(args: &CompletionsArgs, output: &Output) -> CommandResult {
    // The generator panics when its writer fails, as a pipe may.
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(args.shell, &mut command, "ipcascade", &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
