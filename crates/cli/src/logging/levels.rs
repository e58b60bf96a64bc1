//! Which messages are logged.

use ipcascade_core::settings::SettingsError;
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::output::MESSAGES;
use crate::report::CliError;

/// A module of the driver whose messages quote lines with passwords.
const QUOTES_PASSWORDS: &str = "sqlx_postgres::options::pgpass";
const VARIABLE: &str = "IPCASCADE_LOG";
const EXPECTED: &str = "expected levels, such as `info` or `warn,sqlx=debug`; they are off, error, warn, info, debug, trace";

/// What the user wants to see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) quiet: bool,
    pub(super) verbosity: u8,
}

impl Wanted {
    /// What standard error has. `with_messages` includes the program's own, which are not printed then.
    pub(super) fn on_stderr(self, named: Option<&Targets>, with_messages: bool) -> Targets {
        let level = match (self.quiet, self.verbosity) {
            (true, _) => "error,bgpkit_parser=off",
            // Wrong answers of a DNS server become the provider's own error, reported once; unreadable routes are
            // counted by their provider.
            (false, 0) => "warn,hickory=error,bgpkit_parser=off",
            (false, 1) => "info,sqlx=warn,hickory=warn,bgpkit_parser=off",
            (false, _) => "debug",
        };
        let messages = match (with_messages, self.quiet, self.verbosity) {
            (false, ..) => LevelFilter::OFF,
            (true, true, _) => LevelFilter::ERROR,
            (true, false, 0) => LevelFilter::INFO,
            (true, false, _) => LevelFilter::DEBUG,
        };
        targets(named, level, messages)
    }

    /// What a file has: it is read when something has gone wrong, and has what a quiet run does not print.
    pub(super) fn in_file(self, named: Option<&Targets>) -> Targets {
        match self.verbosity {
            0 | 1 => targets(
                named,
                "info,sqlx=warn,hickory=warn,bgpkit_parser=off",
                LevelFilter::DEBUG,
            ),
            _ => targets(named, "debug", LevelFilter::DEBUG),
        }
    }
}

fn targets(named: Option<&Targets>, otherwise: &str, messages: LevelFilter) -> Targets {
    let levels = named.cloned();
    let levels = levels.unwrap_or_else(|| otherwise.parse().unwrap_or_default());
    levels
        .with_target(QUOTES_PASSWORDS, LevelFilter::OFF)
        .with_target(MESSAGES, messages)
}

/// The levels that the environment names.
///
/// # Errors
///
/// If `IPCASCADE_LOG` is not a list of levels.
pub(super) fn named() -> Result<Option<Targets>, CliError> {
    let set = |name: &str| std::env::var_os(name).filter(|levels| !levels.is_empty());
    let Some(levels) = set(VARIABLE) else {
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
    use tracing::Level;

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

    #[test]
    fn own_messages_are_logged_where_they_are_not_printed() {
        let quiet = Wanted {
            quiet: true,
            verbosity: 0,
        };
        let usual = Wanted {
            quiet: false,
            ..quiet
        };
        let info = &Level::INFO;
        assert!(!usual.on_stderr(None, false).would_enable(MESSAGES, info));
        assert!(usual.on_stderr(None, true).would_enable(MESSAGES, info));
        assert!(!quiet.on_stderr(None, true).would_enable(MESSAGES, info));
        assert!(quiet.in_file(None).would_enable(MESSAGES, info));
        let named = read("off");
        let levels = usual.in_file(named.as_ref());
        assert!(!levels.would_enable("sqlx", &Level::ERROR));
        assert!(!levels.would_enable(QUOTES_PASSWORDS, &Level::ERROR));
    }
}
