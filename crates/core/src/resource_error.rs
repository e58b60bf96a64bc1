//! What a provider needs and cannot use: a file, a program.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// What a provider needs and cannot use.
///
/// As text: `cannot ACTION OBJECT: REASON; REMEDY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceError {
    /// What was tried: a verb, such as `read`.
    pub action: &'static str,
    /// On what: a path, the name of a program.
    pub object: String,
    /// Why it failed: a clause.
    pub reason: String,
    /// What to do: an imperative.
    pub remedy: Option<Cow<'static, str>>,
}

impl ResourceError {
    /// `action` failed on `object` for this reason.
    pub fn new(action: &'static str, object: impl fmt::Display, reason: impl Into<String>) -> Self {
        Self {
            action,
            object: object.to_string(),
            reason: reason.into(),
            remedy: None,
        }
    }

    /// The file at `path` cannot be read. What can always be done is to name another one, as `another` has it.
    pub fn file(
        path: &Path,
        problem: impl Into<FileProblem>,
        another: impl Into<Cow<'static, str>>,
    ) -> Self {
        let FileProblem { reason, remedy } = problem.into();
        let another = another.into();
        let remedy = match remedy {
            Some(remedy) => format!("{remedy}, or {another}").into(),
            None => another,
        };
        Self::new("read", path.display(), reason).remedy(remedy)
    }

    /// What was tried and why it failed, without what to do.
    pub fn problem(&self) -> String {
        let Self {
            action,
            object,
            reason,
            ..
        } = self;
        format!("cannot {action} {object}: {reason}")
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem())?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ResourceError {}

/// What is wrong with a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// A clause, such as `it holds no routes`.
    pub reason: String,
    /// What to do, if there is something else than naming another file.
    pub remedy: Option<&'static str>,
}

impl FileProblem {
    /// The file is a part of what it was, or damaged.
    pub fn incomplete(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: Some("fetch it again"),
        }
    }
}

impl From<String> for FileProblem {
    fn from(reason: String) -> Self {
        Self {
            reason,
            remedy: None,
        }
    }
}

impl From<&str> for FileProblem {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl From<std::io::Error> for FileProblem {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::incomplete(format!(
                "it ends too early, as if it had been cut off ({error})"
            )),
            std::io::ErrorKind::PermissionDenied => Self {
                remedy: Some("let the user who runs this read it"),
                ..error.to_string().into()
            },
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => error.to_string().into(),
        }
    }
}
