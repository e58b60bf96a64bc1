//! What inputs and workers can fail with.

use ipcascade_core::pipeline::RunError;
use ipcascade_input::{InputError, InputSource, argument_hint};
use tokio::task::JoinError;

use crate::report::CliError;

/// Refuses to begin, and to create a database, if there is no input at all.
pub(super) fn check_inputs(sources: &[InputSource]) -> Result<(), CliError> {
    let mut missing = None;
    for source in sources {
        let InputSource::File(path) = source else {
            return Ok(());
        };
        match std::fs::metadata(path) {
            Ok(_) => return Ok(()),
            Err(error) => missing = missing.or(Some((source, error))),
        }
    }
    match missing {
        Some((source, error)) if sources.len() == 1 => {
            let input = source.to_string();
            let hint = argument_hint(&input);
            let error = InputError::Open {
                input: input.as_str().into(),
                hint,
                source: error,
            };
            Err(CliError::failed(error.to_string()).caused_by(error))
        }
        Some((source, error)) => {
            let inputs = sources.len();
            let text = format!("cannot open any of {inputs} inputs; the first is {source}");
            Err(CliError::failed(text).caused_by(error))
        }
        None => Ok(()),
    }
}

/// A bug: one of the concurrent tasks has panicked.
pub(super) fn worker_stopped(error: JoinError) -> CliError {
    RunError::Worker(error).into()
}
