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
use crate::commands::{Invocation, offer_to_remember};
use crate::config::Config;
use crate::exit::Exit;
use crate::interrupt;
use crate::logging;
use crate::output::{Output, without_passwords};
use crate::output_file::OutputFile;
use crate::reference::commands;
use crate::report::{CliError, CommandResult};
use crate::typing_errors::with_near_suggestions;

/// Runs the program with the process's arguments, environment and streams.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

/// Runs the program with a command line, the program's name first.
pub(crate) fn main_with(line: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match parse(line) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let global = &parsed.arguments.global;
    let started = logging::start(global);
    let mut output = Output::new(global.output(started.is_ok()));
    let result = started.and_then(|()| run(parsed, &mut output));
    let result = result.and_then(|exit| finish(exit, &output));
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

/// What a command line asks for.
struct Parsed {
    arguments: Arguments,
    file: Result<Option<OutputFile>, CliError>,
}

fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Parsed, clap::Error> {
    let line = without_short_forms(line);
    let mut program = Arguments::command();
    let mut matches = program
        .try_get_matches_from_mut(&line)
        .map_err(|error| with_near_suggestions(error, &program))?;
    let file = OutputFile::of(&program, &matches);
    if let Ok(Some(file)) = &file
        && let Some(again) = file.read_again(Arguments::command(), &line)
    {
        matches = again?;
    }
    let arguments = Arguments::from_arg_matches(&matches)
        .map_err(|error| error.format(&mut Arguments::command()))?;
    Ok(Parsed { arguments, file })
}

/// Writes what is left of the data. What an interrupted run has written is not the whole of it.
fn finish(exit: Exit, output: &Output) -> CommandResult {
    if exit == Exit::Interrupted && output.is_diverted() {
        output.notice("interrupted: the file of --output is as it was");
        return Ok(exit);
    }
    if let Some(path) = output.finish(exit == Exit::Done)? {
        output.notice(&format!("wrote {}", path.display()));
    }
    Ok(exit)
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

fn run(parsed: Parsed, output: &mut Output) -> CommandResult {
    let Arguments { global, command } = parsed.arguments;
    let file = parsed.file?;
    let registry = Registry::linked()?;
    let programs = commands();
    let invocation = Invocation {
        programs: &programs,
        global: &global,
    };
    let command = match command.without_config(invocation, &*output, &registry)? {
        Ok(exit) => return Ok(exit),
        Err(command) => command,
    };
    let config = Config::load(&global.overrides(), &registry)?;
    for warning in config.warnings().iter().chain(&config.exposed_secrets()) {
        output.warning(warning);
    }
    if let Some(file) = file.filter(|_| !command.writes_folder()) {
        file.check_place(&config, &global.files())?;
        output.divert(file.path())?;
    }
    let output = &*output;
    let clock = global.now.map_or_else(Clock::system, Clock::fixed);
    let app = App::new(config, registry, clock, output);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed("cannot start worker threads").caused_by(error))?;
    let _file_limit = survive_file_limit(&runtime);
    warn_of_clock(&app);
    let result = runtime.block_on(async {
        interrupt::guard_file(output);
        let may_ask = command.may_ask();
        let exit = command.run(invocation, &app).await?;
        if exit == Exit::Done {
            offer_to_remember(may_ask, &global, &app).await?;
        }
        Ok(exit)
    });
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
