//! `ipcascade completions`: completions for a shell.

use clap::Args;
use clap_complete::Shell;

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

/// Writes completions of `program`.
pub(crate) fn run(
    args: &CompletionsArgs,
    program: &mut clap::Command,
    output: &Output,
) -> CommandResult {
    // The generator panics when its writer fails, as a pipe may.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, program, "ipcascade", &mut script);
    output.text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
