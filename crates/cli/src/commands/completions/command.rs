//! Runs `completions`.

use clap::Args;
use clap_complete::Shell;
use ipcascade_core::registry::Registry;

use crate::commands::completions::scripts::with_stored;
use crate::commands::completions::values::with_values;
use crate::exit::Exit;
use crate::output::Output;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade completions bash > ~/.local/share/bash-completion/completions/ipcascade
  ipcascade completions zsh > ~/.zfunc/_ipcascade
  ipcascade completions fish > ~/.config/fish/completions/ipcascade.fish
  ipcascade completions elvish > ~/.config/elvish/lib/ipcascade.elv
  ipcascade completions powershell > ipcascade.ps1

Installation:
  bash         the package bash-completion reads the file above in every new shell
  zsh          before `compinit` in ~/.zshrc: fpath=(~/.zfunc $fpath)
  fish         nothing else is needed
  elvish       in ~/.config/elvish/rc.elv: use ipcascade
  powershell   in the file that $PROFILE names: . PATH/ipcascade.ps1

Names of providers, fields, formats and registries are completed, and files; in bash and fish also
ASNs and session IDs of the inventory that the command line names, if it answers within half a
second. Write the file again after an update of the program.";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Writes completions of the first of `programs`.
pub(crate) fn run(
    args: &CompletionsArgs,
    programs: &[clap::Command],
    registry: &Registry,
    output: &Output,
) -> CommandResult {
    // The generator panics when its writer fails, as a pipe may.
    let mut script = Vec::new();
    if let Some(program) = programs.first() {
        let mut program = with_values(program, registry);
        clap_complete::generate(args.shell, &mut program, "ipcascade", &mut script);
    }
    output.text(&with_stored(args.shell, &String::from_utf8_lossy(&script)))?;
    Ok(Exit::Done)
}
