//! The log messages of the libraries, on standard error.

use std::io::{self, IsTerminal as _};

use ipcascade_core::settings::SettingsError;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::GlobalArgs;
use crate::output::one_line;
use crate::report::CliError;

/// A module of the driver whose messages quote lines with passwords.
const QUOTES_PASSWORDS: &str = "sqlx_postgres::options::pgpass";
const VARIABLE: &str = "IPCASCADE_LOG";
const EXPECTED: &str = "expected levels, such as `info` or `warn,sqlx=debug`; they are off, error, warn, info, debug, trace";

/// Starts logging: warnings, or more with `-v`; `IPCASCADE_LOG` sets it in detail.
///
/// # Errors
///
/// If that variable is not a list of levels.
pub(crate) fn start(args: &GlobalArgs) -> Result<(), CliError> {
    let level = match (args.quiet, args.verbose) {
        (true, _) => "error,bgpkit_parser=off",
        // Wrong answers of a DNS server become the provider's own error, reported once; unreadable routes are counted
        // by their provider.
        (false, 0) => "warn,hickory=error,bgpkit_parser=off",
        (false, 1) => "info,sqlx=warn,hickory=warn,bgpkit_parser=off",
        (false, _) => "debug",
    };
    let filter = match requested()? {
        Some(levels) => levels,
        None => level.parse().unwrap_or_default(),
    };
    let filter = filter.with_target(QUOTES_PASSWORDS, LevelFilter::OFF);
    let has_colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // Messages quote what strangers have chosen: none may begin a line of its own, or hide another.
    let fields = format::debug_fn(|writer, field, value| {
        let text = format!("{value:?}");
        match field.name() {
            "message" => writer.write_str(&one_line(&text)),
            name => write!(writer, "{name}={}", one_line(&text)),
        }
    });
    let lines = tracing_subscriber::fmt::layer()
        .fmt_fields(fields.delimited(" "))
        .with_writer(io::stderr)
        .with_ansi(has_colour)
        .with_target(args.verbose > 1);
    // A program that calls ours may have its own subscriber; then that one stays.
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    let _already_started = subscriber.try_init();
    Ok(())
}

/// The levels that the environment names.
fn requested() -> Result<Option<Targets>, CliError> {
    let Some(levels) = std::env::var_os(VARIABLE).filter(|levels| !levels.is_empty()) else {
        return Ok(None);
    };
    let levels = levels.to_string_lossy();
    match read(&levels) {
        Some(levels) => Ok(Some(levels)),
        None => Err(SettingsError {
            found: Some(format!("{levels:?}")),
            ..SettingsError::variable(VARIABLE, EXPECTED)
        }
        .into()),
    }
}

/// Reads levels, of all modules or `MODULE=LEVEL`. A word that is not a level would be a module, and the library does not
/// trim.
fn read(levels: &str) -> Option<Targets> {
    let entries: Vec<&str> = levels.split(',').map(str::trim).collect();
    let is_sound = entries.iter().all(|entry| {
        let level = entry.rsplit_once('=').map_or(*entry, |(_, level)| level);
        level.parse::<LevelFilter>().is_ok()
    });
    entries.join(",").parse().ok().filter(|_| is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_with_and_without_modules() {
        for (levels, expected) in [
            ("info", Some("info")),
            ("warn,sqlx=debug", Some("sqlx=debug,warn")),
            (" warn , sqlx=debug ", Some("sqlx=debug,warn")),
            ("sqlx", None),
            ("a::b", None),
            ("info, debu", None),
            ("info,sqlx=x", None),
            ("sqlx =info=", None),
        ] {
            let read = read(levels).map(|targets| targets.to_string());
            assert_eq!(read.as_deref(), expected, "{levels}");
        }
    }
}
