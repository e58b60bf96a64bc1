//! The command line.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{ArgAction, Args};
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::home::expand_home;
use ipcascade_core::registry::Registry;
use ipcascade_core::store::StoreUrl;
use ipcascade_input::Spelling;

use crate::config::{FirstValues, Overrides, Reach, absolute};
use crate::logging::LogArgs;
use crate::output::{ColorChoice, OutputOptions};
use crate::report::CliError;

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Read this configuration file and no other
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_parser = path(),
        env = "IPCASCADE_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,
    /// The inventory: a file, sqlite://RELATIVE, sqlite:////ABSOLUTE, or postgresql://USER@HOST/DATABASE (default:
    /// IPCASCADE_STORE__URL or `[store] url` of the configuration, otherwise inventory.db in the user's data folder)
    #[arg(long, global = true, value_name = "URL", alias = "db-url")]
    db: Option<String>,
    /// Use this MMDB file (a database in MaxMind's format), and none that the configuration names (repeatable)
    #[arg(long, global = true, value_name = "FILE", value_parser = path())]
    mmdb: Vec<PathBuf>,
    /// Do not ask any online provider (also: `offline = true` in the configuration)
    #[arg(long, global = true)]
    offline: bool,
    /// If the configuration has no cascade (the list of providers to ask, in order), also ask Team Cymru about addresses
    /// without an AS, then GreyNoise. Without this option only the online providers of a cascade are asked
    #[arg(long, global = true, conflicts_with = "offline")]
    online: bool,
    /// Print results and errors only: no progress, warnings or summaries
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Report more; twice (-vv): much more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// When to use color
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Do not show a progress bar
    #[arg(long, global = true)]
    no_progress: bool,
    /// Take this for the present time, so that output can be compared
    #[arg(long, global = true, hide = true, value_parser = timestamp, env = "IPCASCADE_NOW")]
    pub(crate) now: Option<Timestamp>,
}

impl GlobalArgs {
    /// `--config`
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// What a new configuration file sets, so that it need not be repeated on each command line.
    ///
    /// # Errors
    ///
    /// If MMDB files are named and nothing reads them.
    pub(crate) fn first_values(&self, registry: &Registry) -> Result<FirstValues, CliError> {
        if !self.mmdb.is_empty() {
            registry.provider("maxmind")?;
        }
        let store_url = self.db.as_deref().map(in_every_folder).transpose()?;
        Ok(FirstValues {
            store_url,
            mmdb: absolute(&self.mmdb)?,
            offline: self.offline,
        })
    }

    /// `is_logging` is whether the log has started.
    pub(crate) fn output(&self, is_logging: bool) -> OutputOptions {
        OutputOptions {
            are_messages_logged: is_logging && self.log.is_json_on_stderr(),
            quiet: self.quiet,
            verbosity: self.verbose,
            color: self.color,
            progress: !self.no_progress,
        }
    }

    /// The files that options name, with what they are.
    pub(crate) fn files(&self) -> Vec<(&Path, &'static str)> {
        let mmdb = self
            .mmdb
            .iter()
            .map(|file| (file.as_path(), "named by --mmdb"));
        let log = self.log.file().map(|file| (file, "the log"));
        mmdb.chain(log).collect()
    }

    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            file: self.config.clone(),
            store_url: self.db.clone(),
            mmdb: self.mmdb.clone(),
            reach: match (self.offline, self.online) {
                (true, _) => Some(Reach::Nobody),
                (false, true) => Some(Reach::Usual),
                (false, false) => None,
            },
        }
    }
}

/// The URL of a store that is the same from whatever folder it is read.
fn in_every_folder(db: &str) -> Result<String, CliError> {
    let url: StoreUrl = db.parse()?;
    let path = url
        .path()
        .filter(|path| path.is_relative() && !db.contains('?'));
    let Some(path) = path else {
        return Ok(db.to_owned());
    };
    let path = std::path::absolute(&path).map_err(|error| {
        CliError::usage(format!("cannot make the path {} absolute", path.display()))
            .caused_by(error)
    })?;
    Ok(StoreUrl::sqlite(&path).to_string())
}

/// Which ambiguous spellings of addresses are accepted.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SpellingArgs {
    /// Read `010.001.002.003` as 10.1.2.3
    #[arg(long)]
    zero_padded: bool,
    /// Read plain numbers such as 3232235777 as IPv4 addresses
    #[arg(long)]
    integers: bool,
}

impl SpellingArgs {
    pub(crate) const fn spelling(self) -> Spelling {
        Spelling {
            zero_padded: self.zero_padded,
            integers: self.integers,
        }
    }
}

/// Reads a path. `~/` is the user's home, also where no shell has replaced it: after `=`, in quotes, in the environment.
pub(crate) fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| expand_home(&path))
}

pub(crate) fn timestamp(text: &str) -> Result<Timestamp, String> {
    parse_timestamp(text).ok_or_else(|| "expected a date or a time in RFC 3339".to_owned())
}
