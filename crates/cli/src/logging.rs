//! What the libraries tell of their work, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::args::GlobalArgs;

/// Starts logging: warnings, or more with `-v`; `IPCASCADE_LOG` says it in detail.
pub(crate) fn start(args: &GlobalArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => "error",
        // What a DNS server answers wrongly ends as the provider's own error, told once.
        (false, 0) => "warn,hickory=error",
        (false, 1) => "info,sqlx=warn,hickory=warn",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_env("IPCASCADE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let has_colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(has_colour)
        .with_target(args.verbose > 1);
    // A program that calls ours may have its own subscriber; then that one stays.
    let _already_started = subscriber.try_init();
}
