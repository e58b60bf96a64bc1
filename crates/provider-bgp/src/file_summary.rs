//! The content of a file.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider::DataFile;

use crate::declaration::NAME;
use crate::uncounted_routes::UncountedRoutes;

/// The content of a file.
#[derive(Debug)]
pub(crate) struct FileContent {
    /// The name that it has for itself.
    pub(crate) edition: String,
    /// The time of its routes.
    pub(crate) built_at: Option<Timestamp>,
    /// The number of prefixes with an origin.
    pub(crate) prefixes: u64,
    pub(crate) has_ipv6: bool,
    pub(crate) passed_over: UncountedRoutes,
    /// The number of routes that could not be read.
    pub(crate) unreadable: u64,
}

impl FileContent {
    pub(crate) fn warn(&self, path: &str) {
        if self.passed_over.total() > 0 {
            let reasons = &self.passed_over;
            tracing::warn!("{path}: routes that do not count: {reasons}");
        }
        if self.unreadable > 0 {
            let unreadable = self.unreadable;
            tracing::warn!("{path}: routes that cannot be read: {unreadable}; fetch it again");
        }
    }

    pub(crate) fn describe(self, path: String) -> DataFile {
        let fields = ["asn", "origins", "peers", "prefix", "seen_at"];
        DataFile {
            provider: NAME,
            path,
            edition: self.edition,
            built_at: self.built_at,
            records: Some(self.prefixes),
            ip_version: if self.has_ipv6 { 6 } else { 4 },
            fields: fields.into_iter().map(str::to_owned).collect(),
        }
    }
}
