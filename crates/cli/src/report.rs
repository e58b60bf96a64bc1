//! The one error type that commands end with: what went wrong, why, what to do, and the exit code.

use std::borrow::Cow;
use std::error::Error;
use std::io;

use ipcascade_core::pipeline::RunError;
use ipcascade_core::registry::{BuildError, RegistryError};
use ipcascade_core::settings::SettingsError;
use ipcascade_core::store::{ParseUrlError, StoreError, StoreErrorKind};

use crate::exit::Exit;
use crate::file_error::FileError;

/// The result of commands: how the run ended, or why it could not continue.
pub type CommandResult = Result<Exit, CliError>;

/// Why the program could not do what was requested.
#[derive(Debug)]
pub enum CliError {
    /// An error that is shown to the user.
    Report(Box<Report>),
    /// The reader of the output has gone, which is not an error.
    BrokenPipe,
}

/// The error as it is shown to the user.
#[derive(Debug)]
pub struct Report {
    exit: Exit,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    hint: Option<String>,
}

impl Report {
    /// How the program ends.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The causes, nearest first, without those that only repeat earlier ones.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut next: Option<&(dyn Error + 'static)> = match &self.source {
            Some(source) => Some(&**source),
            None => None,
        };
        while let Some(error) = next {
            let text = error.to_string();
            let said = causes.last().map_or(self.message.as_str(), String::as_str);
            if !said.contains(text.as_str()) {
                causes.push(text);
            }
            next = error.source();
        }
        causes
    }
}

impl CliError {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::Report(Box::new(Report {
            exit,
            message: message.into(),
            source: None,
            hint: None,
        }))
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something failed while the program ran.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The store cannot be used.
    pub fn store(message: impl Into<String>) -> Self {
        Self::new(Exit::StoreUnavailable, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Report(report) = &mut self {
            report.hint = Some(hint.into());
        }
        self
    }

    /// Adds what to do about it, if that is known.
    fn remedy(self, remedy: Option<Cow<'static, str>>) -> Self {
        match remedy {
            Some(remedy) => self.hint(remedy),
            None => self,
        }
    }

    /// Puts before the message what it is about.
    #[must_use]
    pub fn prefixed(mut self, about: &str) -> Self {
        if let Self::Report(report) = &mut self {
            report.message = format!("{about}: {}", report.message);
        }
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        if let Self::Report(report) = &mut self {
            report.source = Some(source.into());
        }
        self
    }
}

impl From<io::Error> for CliError {
    /// An error while writing the output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        match error.downcast::<FileError>() {
            Ok(error) => Self::failed(error.to_string())
                .caused_by(error.source)
                .hint("what is there stays as it is; name another place with --output"),
            Err(error) => Self::failed("cannot write the output").caused_by(error),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Resource(error) => Self::usage(error.problem()).remedy(error.remedy),
            BuildError::Settings(error) => error.into(),
        }
    }
}

impl From<RegistryError> for CliError {
    fn from(error: RegistryError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ParseUrlError> for CliError {
    fn from(error: ParseUrlError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let exit = match error.kind {
            StoreErrorKind::Unavailable
            | StoreErrorKind::Denied
            | StoreErrorKind::Conflict
            | StoreErrorKind::Schema
            | StoreErrorKind::Other => Exit::StoreUnavailable,
            // The configuration's fault, not the store's.
            StoreErrorKind::Settings => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error.problem()).remedy(error.remedy)
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            other => Self::failed(other.to_string()).caused_by(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_left_is_not_an_error() {
        let error = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(matches!(CliError::from(error), CliError::BrokenPipe));
    }

    #[test]
    fn causes_that_repeat_the_message_are_left_out() {
        let inner = io::Error::other("connection refused");
        let error = CliError::store("cannot reach the store: connection refused").caused_by(inner);
        let CliError::Report(report) = error else {
            panic!("a report is needed")
        };
        assert!(report.causes().is_empty());
        assert_eq!(report.exit(), Exit::StoreUnavailable);
    }
}
