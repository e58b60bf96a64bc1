//! The version of a provider's data.

use std::sync::Arc;

use serde::Serialize;

use crate::clock::Timestamp;

/// The version of a provider's data: when it was built, and a digest that distinguishes builds of the same time (or
/// sets of files). Compared as text, a later build is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DataVersion(Arc<str>);

impl DataVersion {
    /// A version built at `built_at`; `mark` distinguishes data sets built at the same time.
    pub fn new(built_at: Timestamp, mark: &str) -> Self {
        Self(format!("{}+{mark}", built_at.format("%Y-%m-%dT%H:%M:%SZ")).into())
    }

    /// The version as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part with the build time.
    pub fn built_at(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    /// Whether data of version `stored` was built later than this.
    pub fn is_behind(&self, stored: &str) -> bool {
        stored.split('+').next().unwrap_or_default() > self.built_at()
    }

    /// Whether data of version `stored` must give way to data of this version: it was built earlier, or at the same
    /// time from other files. Data newer than ours is left alone, so that machines with files of different age do not
    /// undo each other's work.
    pub fn supersedes(&self, stored: Option<&str>) -> bool {
        let Some(stored) = stored else { return true };
        stored != self.as_str() && stored.split('+').next().unwrap_or_default() <= self.built_at()
    }
}
