//! Failures of providers on an address, recorded in its document.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::clock::{Timestamp, parse_timestamp, rfc3339};
use crate::document::sections::Document;
use crate::section::SectionView;

/// The section with failures and their retry times, by provider.
pub const FAILURES: &str = "_failures";

/// A provider's failure on an address, as recorded in its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedFailure {
    /// When it failed.
    pub failed_at: Timestamp,
    /// When to ask again.
    pub retry_at: Timestamp,
    /// What went wrong, for people; never contains a secret.
    pub error: Arc<str>,
}

impl Document {
    /// Records that `provider` failed; its old section stays.
    pub fn note_failure(&mut self, provider: &str, failure: &RecordedFailure) {
        let mut failures = self.failures();
        let note = json!({
            "failed_at": rfc3339(failure.failed_at),
            "retry_at": rfc3339(failure.retry_at),
            "error": failure.error,
        });
        failures.insert(provider.into(), note);
        self.set(FAILURES, Value::Object(failures).into());
    }

    fn failures(&self) -> Map<String, Value> {
        let failures = self.section(FAILURES).map(SectionView::to_map);
        failures.unwrap_or_default()
    }

    pub(super) fn clear_failure(&mut self, provider: &str) {
        if self.section(FAILURES).is_none() {
            return;
        }
        let mut failures = self.failures();
        failures.shift_remove(provider);
        if failures.is_empty() {
            self.remove(FAILURES);
        } else {
            self.set(FAILURES, Value::Object(failures).into());
        }
    }

    /// The recorded failure of `provider`.
    pub fn failure(&self, provider: &str) -> Option<RecordedFailure> {
        let note = self.section(FAILURES)?.get(provider)?;
        let timestamp = |key: &str| parse_timestamp(note.get(key)?.as_str()?);
        Some(RecordedFailure {
            failed_at: timestamp("failed_at")?,
            retry_at: timestamp("retry_at")?,
            error: note
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
        })
    }
}
