//! What is wrong with a setting.

use std::fmt;

use figment::error::{Actual, Kind};

use crate::near_miss::nearest;
use crate::settings::plain_words::{in_words, path_in_words};
use crate::settings::shown_values::{origin_of, place_of, shown, without_source_lines};

/// A setting that cannot be used.
///
/// As text: `` `KEY` is FOUND: PROBLEM (set in ORIGIN) ``, without the parts that are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The full name of the key, such as `providers.maxmind.files`.
    pub key: Option<String>,
    /// The value, if it can be shown.
    pub found: Option<String>,
    /// What was expected, or what is wrong and what to do.
    pub problem: String,
    /// The file, or whatever else has set it.
    pub origin: Option<String>,
}

impl SettingsError {
    /// `key` (its full name) has this problem: what was expected, or what is wrong and what to do.
    pub fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            key: Some(key.into()),
            ..Self::without_key(problem.to_string())
        }
    }

    /// The environment variable `name` has this problem.
    pub fn variable(name: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self::new(name, problem).set_in(Some("the environment".to_owned()))
    }

    pub(super) const fn without_key(problem: String) -> Self {
        Self {
            key: None,
            found: None,
            problem,
            origin: None,
        }
    }

    pub(super) fn unknown_key(key: &str, known: &[&str]) -> Self {
        let (table, typed) = key.rsplit_once('.').unwrap_or(("", key));
        let suggestion = match nearest(&typed.to_lowercase(), known.iter().copied()) {
            Some(near) => format!("did you mean `{}`?", join(table, near)),
            None => format!("expected one of `{}`", known.join("`, `")),
        };
        Self::without_key(format!("unknown key `{key}`: {suggestion}"))
    }

    /// Adds what has set it: a file, an environment variable, the command line.
    #[must_use]
    pub fn set_in(mut self, origin: Option<String>) -> Self {
        self.origin = origin;
        self
    }

    /// Adds the value, as it may be shown.
    #[must_use]
    pub(super) fn found(mut self, found: Option<String>) -> Self {
        self.found = found;
        self
    }

    /// Converts the configuration library's error to one for people; `prefix` is put before keys.
    pub fn from_figment(prefix: &str, error: figment::Error) -> Self {
        let path = join(prefix, &path_in_words(&error.path));
        let origin = error.metadata.as_ref().map(origin_of);
        let place_of = |key: &str| Some(place_of(error.metadata.as_ref()?, key));
        let place = place_of(&path);
        let wrong = match &error.kind {
            Kind::UnknownField(found, expected) => {
                let key = match path.strip_suffix(found.as_str()) {
                    Some(parent) if parent.is_empty() || parent.ends_with('.') => path.clone(),
                    _ => join(&path, found),
                };
                return Self::unknown_key(&key, expected).set_in(place_of(&key));
            }
            Kind::MissingField(field) => {
                let key = join(&path, field);
                Self::without_key(format!("the key `{key}` is missing"))
            }
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                let found = shown(&path, found);
                let expected = in_words(expected);
                Self::new(path, format_args!("expected {expected}")).found(Some(found))
            }
            Kind::UnknownVariant(found, expected) => {
                let found = shown(&path, &Actual::Str(found.clone()));
                let expected = expected.join("`, `");
                Self::new(path, format_args!("expected one of `{expected}`")).found(Some(found))
            }
            other => {
                let message = without_source_lines(&other.to_string());
                match (path.is_empty(), &origin) {
                    // Of the whole source, not of one of its keys.
                    (true, Some(origin)) => {
                        return Self::without_key(format!("cannot read {origin}: {message}"));
                    }
                    (true, None) => Self::without_key(message),
                    (false, _) => Self::new(path, message),
                }
            }
        };
        wrong.set_in(place)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "`{key}`")?;
            if let Some(found) = &self.found {
                write!(f, " is {found}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.problem)?;
        match &self.origin {
            Some(origin) => write!(f, " (set in {origin})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingsError {}

/// The full name of a key.
pub(super) fn join(prefix: &str, key: &str) -> String {
    match (prefix.is_empty(), key.is_empty()) {
        (true, _) => key.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}.{key}"),
    }
}
