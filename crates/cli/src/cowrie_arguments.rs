//! The command line of `cowrie-enrich-asn`.

use clap::{CommandFactory as _, Parser};

use crate::commands::values;

const AFTER_HELP: &str = "\
Examples:
  cowrie-enrich-asn --db-url sqlite:////var/lib/cowrieprocessor/db.sqlite
  cowrie-enrich-asn --batch-size 500 --progress

Without --db-url the database is the `db` of [global] in config/sensors.toml or sensors.toml, else
COWRIEPROC_DB_URL, else COWRIEPROC_DB_PATH, else ./cowrieprocessor.sqlite.

This is `ipcascade backfill` under the name that cowrieprocessor has for it. `ipcascade backfill`
itself has more options: --dry-run, --limit, --since, --format json.";

/// Build the AS rows of a cowrieprocessor database from its ip_inventory
#[derive(Debug, Parser)]
#[command(
    name = "cowrie-enrich-asn",
    version,
    after_help = AFTER_HELP,
    infer_long_args = true,
    max_term_width = 100
)]
pub(crate) struct CowrieArguments {
    /// The database: sqlite:///FILE, postgresql://USER@HOST/DATABASE, or a file
    #[arg(long, value_name = "URL", alias = "db")]
    pub(crate) db_url: Option<String>,
    /// Addresses per transaction, approximately (default: 10000)
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub(crate) batch_size: Option<u64>,
    /// Show progress even without a terminal
    #[arg(long)]
    pub(crate) progress: bool,
    /// Report more
    #[arg(long)]
    pub(crate) verbose: bool,
}

/// The command line.
pub(crate) fn command() -> clap::Command {
    CowrieArguments::command()
}
