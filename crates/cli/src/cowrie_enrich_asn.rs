//! `cowrie-enrich-asn`: the predecessor's command, under which its users find `ipcascade backfill`.
//!
//! It takes cowrieprocessor's flags and finds the database where that program looked for it; the work is done by
//! `backfill` alone.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::cowrie_arguments::CowrieArguments;

/// The default database of cowrieprocessor.
const DEFAULT_DATABASE: &str = "cowrieprocessor.sqlite";
/// Where it reads its settings, in order.
const SENSORS: [&str; 2] = ["config/sensors.toml", "sensors.toml"];

/// Runs `backfill` with the process's arguments, read as cowrieprocessor reads them.
pub fn cowrie_enrich_asn() -> ExitCode {
    let arguments = match CowrieArguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return crate::start::usage(&error),
    };
    let database = match arguments.db_url.clone().map_or_else(database, Ok) {
        Ok(database) => database,
        Err(problem) => {
            let error = CowrieArguments::command().error(ErrorKind::Io, problem);
            return crate::start::usage(&error);
        }
    };
    crate::start::main_with(backfill(&arguments, &database))
}

/// The command line of `ipcascade backfill` that corresponds to the arguments.
fn backfill(arguments: &CowrieArguments, database: &str) -> Vec<OsString> {
    let mut line: Vec<OsString> = vec!["ipcascade".into(), "--db".into(), database.into()];
    if arguments.verbose {
        line.push("--verbose".into());
    }
    line.push("backfill".into());
    if let Some(batch_size) = arguments.batch_size {
        line.extend(["--batch-size".into(), batch_size.to_string().into()]);
    }
    if arguments.progress {
        line.push("--progress".into());
    }
    line
}

/// The database that cowrieprocessor would use in this folder and environment.
fn database() -> Result<String, String> {
    for file in SENSORS.map(Path::new) {
        if file.is_file()
            && let Some(database) = database_of(file)?
        {
            return Ok(database);
        }
    }
    let set = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    Ok(set("COWRIEPROC_DB_URL")
        .or_else(|| set("COWRIEPROC_DB_PATH"))
        .unwrap_or_else(|| DEFAULT_DATABASE.to_owned()))
}

pub(crate) fn database_of(file: &Path) -> Result<Option<String>, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!("cannot read {shown}: {error}; name the database with --db-url")
    })?;
    // The parser's message would quote the line, which may contain a password.
    let settings: toml::Table = text.parse().map_err(|_| {
        format!("{shown} is not TOML: correct it, or name the database with --db-url")
    })?;
    let database = settings.get("global").and_then(|global| global.get("db"));
    match database {
        None => Ok(None),
        Some(toml::Value::String(database)) => Ok(Some(database.clone())),
        Some(_) => Err(format!(
            "`db` of [global] in {shown} is not text: write it as \"sqlite:///FILE\" or another URL"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(arguments: &[&str]) -> Vec<OsString> {
        let program = std::iter::once("cowrie-enrich-asn");
        let arguments = program.chain(arguments.iter().copied());
        backfill(&CowrieArguments::try_parse_from(arguments).unwrap(), "a.db")
    }

    #[test]
    fn every_flag_of_the_predecessor_becomes_one_of_backfill() {
        let all = line(&["--batch-size", "7", "--progress", "--verbose"]);
        let expected = "ipcascade --db a.db --verbose backfill --batch-size 7 --progress";
        assert_eq!(all, expected.split(' ').collect::<Vec<_>>());
        assert_eq!(line(&[]), ["ipcascade", "--db", "a.db", "backfill"]);
    }

    #[test]
    fn the_command_line_is_consistent_and_takes_abbreviations() {
        CowrieArguments::command().debug_assert();
        for name in ["--db-url", "--db"] {
            let parsed =
                CowrieArguments::try_parse_from(["cowrie-enrich-asn", name, "x.db", "--verb"]);
            assert_eq!(parsed.unwrap().db_url.as_deref(), Some("x.db"));
        }
    }
}
