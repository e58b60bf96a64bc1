//! Starts logging.

use std::fs::{File, OpenOptions};
use std::io;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::args::GlobalArgs;
use crate::logging::args::{LogArgs, LogFormat};
use crate::logging::json_lines::JsonLines;
use crate::logging::levels::{Wanted, named};
use crate::logging::text_lines::{dated_lines, plain_lines};
use crate::output_file::database_at;
use crate::report::CliError;

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging: warnings, or more with `-v`; `IPCASCADE_LOG` sets it in detail.
///
/// # Errors
///
/// If that variable is not a list of levels, or the log's file cannot be written.
pub(crate) fn start(args: &GlobalArgs) -> Result<(), CliError> {
    let named = named()?;
    let wanted = Wanted {
        quiet: args.quiet,
        verbosity: args.verbose,
    };
    let is_json = args.log.is_json_on_stderr();
    let levels = wanted.on_stderr(named.as_ref(), is_json);
    let on_stderr: BoxedLayer = match is_json {
        true => JsonLines::new(io::stderr).boxed(),
        false => plain_lines(args.verbose > 1),
    };
    let mut layers = vec![on_stderr.with_filter(levels).boxed()];
    if let Some(file) = open(&args.log)? {
        let in_file: BoxedLayer = match args.log.log_format {
            LogFormat::Json => JsonLines::new(Arc::new(file)).boxed(),
            LogFormat::Text => dated_lines(Arc::new(file)),
        };
        let levels = wanted.in_file(named.as_ref());
        layers.push(in_file.with_filter(levels).boxed());
    }
    // A program that calls ours may have its own subscriber; then that one stays.
    let _already_started = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

/// Opens the log's file, which other processes may write as well.
fn open(args: &LogArgs) -> Result<Option<File>, CliError> {
    let Some(path) = &args.log_file else {
        return Ok(None);
    };
    if let Some(what) = database_at(path) {
        let text = format!("cannot write the log to {}: it is {what}", path.display());
        return Err(CliError::usage(text).hint("name another file with --log-file"));
    }
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.map(Some).map_err(|error| {
        CliError::usage(format!("cannot write the log to {}", path.display()))
            .caused_by(error)
            .hint("create its folder, or name another file with --log-file")
    })
}
