//! From the command line to the exit code.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use chrono::Datelike as _;
use clap::{CommandFactory as _, FromArgMatches as _};
use ipcascade_core::clock::{Clock, rfc3339};
use ipcascade_core::registry::Registry;

use crate::app::App;
use crate::command_line::Arguments;
use crate::commands::Invocation;
use crate::config::Config;
use crate::exit::Exit;
use crate::logging;
use crate::output::{Output, without_passwords};
use crate::reference::commands;
use crate::report::{CliError, CommandResult};
use crate::typing_errors::with_near_suggestions;

/// Runs the program with the process's arguments, environment and streams.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

/// Runs the program with a command line, the program's name first.
pub(crate) fn main_with(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match parse(line) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let started = logging::start(&arguments.global);
    let output = Output::new(arguments.global.output(started.is_ok()));
    let result = started.and_then(|()| run(arguments, &output));
    let result = result.and_then(|exit| {
        output.flush()?;
        Ok(exit)
    });
    match result {
        Ok(exit) => exit.into(),
        Err(CliError::BrokenPipe) => Exit::Done.into(),
        Err(CliError::Report(report)) => {
            // Output from before the error belongs to the reader; a second error adds nothing.
            let _flushed = output.flush();
            output.error(&report);
            report.exit().into()
        }
    }
}

/// Prints what is wrong with a command line, or the requested help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let shown = without_passwords(&text);
    // Help and version are data on standard output; a reader that has left is no error.
    let _printed = match shown == text {
        true => error.print(),
        false => std::io::stderr().write_all(shown.as_bytes()),
    };
    u8::try_from(error.exit_code()).unwrap_or(2).into()
}

fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let mut program = Arguments::command();
    let matches = program
        .try_get_matches_from_mut(without_short_forms(line))
        .map_err(|error| with_near_suggestions(error, &program))?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut Arguments::command()))
}

/// `--json` is `--format json`, as in other tools.
fn without_short_forms(line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut are_options = true;
    let line = line.into_iter().map(|argument| {
        are_options &= argument != "--";
        match are_options && argument == "--json" {
            true => OsString::from("--format=json"),
            false => argument,
        }
    });
    line.collect()
}

fn run(arguments: Arguments, output: &Output) -> CommandResult {
    let Arguments { global, command } = arguments;
    let registry = Registry::linked()?;
    let programs = commands();
    let invocation = Invocation {
        programs: &programs,
        global: &global,
    };
    let command = match command.without_config(invocation, output, &registry)? {
        Ok(exit) => return Ok(exit),
        Err(command) => command,
    };
    let config = Config::load(&global.overrides(), &registry)?;
    for warning in config.old_keys().iter().chain(&config.exposed_secrets()) {
        output.warning(warning);
    }
    let clock = global.now.map_or_else(Clock::system, Clock::fixed);
    let app = App::new(config, registry, clock, output);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed("cannot start worker threads").caused_by(error))?;
    let _file_limit = survive_file_limit(&runtime);
    warn_of_clock(&app);
    let result = runtime.block_on(command.run(invocation, &app));
    // After an interrupt a thread may still be reading from a pipe without data.
    runtime.shutdown_background();
    result
}

/// A file that reaches the limit of its size (`ulimit -f`) is an error like a full disk, not the end of the process: as
/// long as what is returned lives.
#[cfg(target_os = "linux")]
fn survive_file_limit(runtime: &tokio::runtime::Runtime) -> Option<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    let _inside = runtime.enter();
    match signal(SignalKind::from_raw(libc::SIGXFSZ)) {
        Ok(listening) => Some(listening),
        Err(error) => {
            tracing::debug!("a limit on the size of files ends the program: {error}");
            None
        }
    }
}

#[cfg(not(target_os = "linux"))]
const fn survive_file_limit(_: &tokio::runtime::Runtime) {}

/// Times before this are those of a machine that does not know the time.
const EARLIEST: i32 = 2020;

/// What is stored with a wrong time stays first seen then.
fn warn_of_clock(app: &App<'_>) {
    let now = app.now();
    if now.year() < EARLIEST {
        app.output().warning(&format!(
            "the clock of this machine says {}: what is seen now is stored with that time",
            rfc3339(now)
        ));
    }
}
