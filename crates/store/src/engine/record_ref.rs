//! Rows as they are in another database.

use ipcascade_core::store::{AddressRecord, AsnRecord, HistoryRow, SessionRecord};
use serde_json::json;

/// A row to be written as it is in another database.
#[derive(Clone, Copy, Debug)]
pub enum RecordRef<'a> {
    /// An AS.
    Asn(&'a AsnRecord),
    /// An address.
    Address(&'a AddressRecord),
    /// An attribution.
    History(&'a HistoryRow),
    /// A session.
    Session(&'a SessionRecord),
}

impl RecordRef<'_> {
    /// All that the row holds, as text.
    pub fn text(self) -> String {
        match self {
            Self::Asn(record) => json!(record.row).to_string(),
            Self::Address(record) => {
                let (row, history) = (json!(record.row), json!(record.history));
                let version = record.enrichment_version.as_deref().unwrap_or_default();
                format!("{row} {history} {version}")
            }
            Self::History(row) => json!(row).to_string(),
            Self::Session(record) => {
                format!("{} {}", json!(record.row), json!(record.enrichment))
            }
        }
    }
}
