//! Errors of stores.

use std::borrow::Cow;
use std::fmt;

use crate::settings::SettingsError;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be reached or opened.
    Unavailable,
    /// The role may not do this, or the store is read-only.
    Denied,
    /// Another program held the rows too long, or a deadlock or time-out ended the statement. The transaction is rolled
    /// back. The store has already retried as far as that is useful; callers do not.
    Conflict,
    /// The schema does not fit the program.
    Schema,
    /// Text has a character that the encoding of the database lacks.
    Unfit,
    /// A setting, or a parameter of the URL, is wrong.
    Settings,
    /// Anything else; a bug more often than not.
    Other,
}

/// A failed call to a store. It leaves nothing behind.
///
/// As text: `cannot ACTION in STORE: REASON; REMEDY`, without the parts that are not known.
#[derive(Debug)]
pub struct StoreError {
    /// The kind of error.
    pub kind: StoreErrorKind,
    /// What was tried: a verb and its object, such as `record a batch`.
    pub action: Option<Cow<'static, str>>,
    /// In which store: its file, or its URL without the password.
    pub store: Option<String>,
    /// Why it failed; never contains a password.
    pub reason: String,
    /// What to do: an imperative.
    pub remedy: Option<Cow<'static, str>>,
    /// The engine's own error. `reason` has its words, so it is not a [source](std::error::Error::source) as well.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error for this reason.
    pub fn new(kind: StoreErrorKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            action: None,
            store: None,
            reason: reason.into(),
            remedy: None,
            cause: None,
        }
    }

    /// There is no inventory, for this reason.
    pub fn no_inventory(reason: &str) -> Self {
        Self::new(StoreErrorKind::Unavailable, reason)
            .remedy("make one with `ipcascade enrich`, or name another with --db URL")
    }

    /// Another writer has changed the same rows.
    pub fn overtaken() -> Self {
        Self::new(
            StoreErrorKind::Conflict,
            "another writer changed the same rows",
        )
        .remedy("run it again")
    }

    /// `name` is `what`, such as a view, though the inventory has a table of that name.
    pub fn not_a_table(name: impl fmt::Display, what: &str) -> Self {
        let reason = format!("{name} is {what}, where a table is needed");
        Self::new(StoreErrorKind::Schema, reason).remedy("give it another name")
    }

    /// The schema lacks these, without which nothing can be read. The first three are named.
    pub fn lacks(all: &[impl AsRef<str>]) -> Self {
        let first: Vec<&str> = all.iter().take(3).map(AsRef::as_ref).collect();
        let more = match all.len() > first.len() {
            true => "; …",
            false => "",
        };
        let reason = format!("it lacks what reading needs ({}{more})", first.join("; "));
        Self::new(StoreErrorKind::Schema, reason)
            .remedy("run `ipcascade migrate` on it (with --dry-run to see what it would do)")
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the engine's own error.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Adds what was tried in which store, unless that is known: what is nearest to the cause says most.
    #[must_use]
    pub fn within(
        mut self,
        action: impl Into<Cow<'static, str>>,
        store: impl Into<String>,
    ) -> Self {
        self.action.get_or_insert_with(|| action.into());
        self.store.get_or_insert_with(|| store.into());
        self
    }

    /// What was tried, in which store, and why it failed, without what to do.
    pub fn problem(&self) -> String {
        let mut text = String::new();
        if let Some(action) = &self.action {
            text = format!("cannot {action}");
        }
        match (&self.action, &self.store) {
            (Some(_), Some(store)) => text += &format!(" in {store}"),
            (None, Some(store)) => text += store,
            (_, None) => {}
        }
        if !text.is_empty() {
            text += ": ";
        }
        text + &self.reason
    }

    /// Whether the same call may succeed when repeated.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable | StoreErrorKind::Conflict
        )
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem())?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<SettingsError> for StoreError {
    fn from(error: SettingsError) -> Self {
        Self::new(StoreErrorKind::Settings, error.to_string())
    }
}

/// The result type of stores.
pub type StoreResult<T> = Result<T, StoreError>;
