//! What the pages of `docs/reference` are made from, beside [`Exit`](crate::Exit) and
//! [`json_schema`](crate::config::json_schema).

use clap::{Command, CommandFactory as _};

use crate::command_line::Arguments;
use crate::cowrie_enrich_asn;

/// Returns the command lines of the programs.
pub fn commands() -> [Command; 2] {
    [Arguments::command(), cowrie_enrich_asn::command()]
}

/// An environment variable that is not a key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name, or several that belong together.
    pub name: &'static str,
    /// What it does, as a sentence.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, meaning }
}

/// The environment variables that are neither keys of the configuration nor keys of services.
pub const VARIABLES: &[Variable] = &[
    variable(
        "IPCASCADE_CONFIG",
        "The configuration file; `--config` takes precedence.",
    ),
    variable(
        "IPCASCADE_LOG",
        "The level of log messages, also by module: `info,sqlx=warn`. It takes precedence over `-v` and `-q`.",
    ),
    variable(
        "NO_COLOR",
        "No colour, if it is set; `--color always` takes precedence.",
    ),
    variable("TERM", "No colour, if it is `dumb`."),
    variable("COLUMNS", "The width that tables are laid out for."),
    variable(
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy of providers over HTTP, and its exceptions; also in lower case.",
    ),
    variable(
        "PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGPASSFILE, …",
        "What the URL of a PostgreSQL store leaves out, as in PostgreSQL's own programs. Those that would be passed over (`PGSERVICE`, `PGREQUIREAUTH`, `PGCHANNELBINDING=require`, …) are refused.",
    ),
    variable(
        "XDG_CONFIG_HOME, XDG_DATA_HOME, HOME",
        "The user's folders (on Linux), for the configuration file and the default store.",
    ),
    variable(
        "COWRIEPROC_DB_URL, COWRIEPROC_DB_PATH",
        "The database of `cowrie-enrich-asn`, without `--db-url` and `sensors.toml`.",
    ),
];
