//! What the URL of a file permits.

use std::path::Path;

use ipcascade_core::settings::SettingsError;
use ipcascade_core::store::{OpenMode, StoreError, StoreErrorKind, StoreResult, StoreUrl};

/// What a URL permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlAccess {
    Read,
    Write,
    Create,
}

impl UrlAccess {
    /// Reads it from `url`, whose parameters must all be known: an ignored one might matter.
    pub(crate) fn of(url: &StoreUrl) -> Result<Self, SettingsError> {
        let mut access = Self::Create;
        for (name, value) in url.parameters() {
            access = match (&*name, &*value) {
                ("mode", "ro") => Self::Read,
                ("mode", "rw") => Self::Write,
                ("mode", "rwc") => Self::Create,
                ("mode", _) => {
                    let problem = "its parameter `mode` is not valid; use ro, rw or rwc";
                    return Err(SettingsError::new(URL, problem));
                }
                (name, _) => {
                    let problem = format!(
                        "{} is not understood; the only one is mode=ro, mode=rw or mode=rwc; how long to \
                         wait for others is `store.busy_timeout`",
                        url.naming(name)
                    );
                    return Err(SettingsError::new(URL, problem));
                }
            };
        }
        Ok(access)
    }

    /// Checks that a file may be opened in this mode.
    pub(crate) fn check(self, path: &Path, mode: OpenMode) -> StoreResult<()> {
        let is_absent = !path.exists();
        match self {
            Self::Read if mode.writes() => Err(StoreError::new(
                StoreErrorKind::Denied,
                "its URL says mode=ro, and this command writes",
            )
            .remedy("use mode=rw")),
            Self::Write if mode == OpenMode::Write && is_absent => Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "there is no such file, and mode=rw in its URL creates none",
            )
            .remedy("use mode=rwc")),
            _ => Ok(()),
        }
    }
}

/// The setting with the URL.
const URL: &str = "store.url";
