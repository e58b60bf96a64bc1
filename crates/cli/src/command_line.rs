//! The command line as a whole.

use clap::Parser;

use crate::args::GlobalArgs;
use crate::commands::Command;

const EXAMPLES: &str = "\
Examples:
  ipcascade enrich --mmdb GeoLite2-ASN.mmdb cowrie.json   read a log, look up its addresses, store
  ipcascade lookup 8.8.8.8                                what is known of an address
  ipcascade asn top                                       where most sessions come from
  ipcascade --db postgresql://me@db/inventory backfill    adopt a database that is there already
  ipcascade verify                                        check that every number is right

`--json` is short for `--format json`, in every command that has it.

Exit codes: 0 done, 1 finished but something failed or a check found something, 2 wrong usage or
configuration, 3 store unavailable, 130 interrupted.";

/// Looks up where IP addresses come from and keeps an exact inventory of them
#[derive(Debug, Parser)]
#[command(name = "ipcascade", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
