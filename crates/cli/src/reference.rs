//! What the pages of `docs/reference` are made from, beside [`Exit`](crate::Exit) and
//! [`json_schema`](crate::config::json_schema).

use clap::{Command, CommandFactory as _};
use ipcascade_core::policy::Policy;

use crate::command_line::Arguments;
use crate::cowrie_arguments;
use crate::records::field::RecordField;
use crate::records::{Addresses, Asns, RecordKind, Sessions, prefix};

/// Returns the command lines of the programs.
pub fn commands() -> [Command; 2] {
    [Arguments::command(), cowrie_arguments::command()]
}

/// A record that commands write, with its fields.
#[derive(Clone, Debug)]
pub struct RecordReference {
    /// Its name, as in `ipcascade schema NAME`.
    pub name: &'static str,
    /// What it is, as a sentence.
    pub meaning: &'static str,
    /// The name, type and meaning of each field. The fields of the merged view are not among those of an address.
    pub fields: Vec<[String; 3]>,
}

/// Returns the records that commands write.
pub fn records() -> Vec<RecordReference> {
    vec![
        record::<Addresses>(),
        record::<Asns>(),
        record::<Sessions>(),
        reference(prefix::NAME, prefix::MEANING, prefix::FIELDS),
    ]
}

fn record<K: RecordKind>() -> RecordReference {
    reference(K::NAME, K::MEANING, &K::fields(&Policy::new(Vec::new())))
}

fn reference(name: &'static str, meaning: &'static str, fields: &[RecordField]) -> RecordReference {
    let fields = fields.iter().map(|field| {
        [
            field.name.to_owned(),
            field.kind.to_string(),
            field.meaning.to_owned(),
        ]
    });
    RecordReference {
        name,
        meaning,
        fields: fields.collect(),
    }
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
        "IPCASCADE_LOG_FORMAT, IPCASCADE_LOG_FILE",
        "The format and the file of log messages; `--log-format` and `--log-file` take precedence.",
    ),
    variable(
        "NO_COLOR",
        "No color, if it is set; `--color always` takes precedence.",
    ),
    variable("TERM", "No color, if it is `dumb`."),
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
