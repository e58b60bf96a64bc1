//! Moves an inventory from one store to another: rows exactly as they are.

use std::ops::AddAssign;

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::store::asn_row::AsnRow;
use crate::store::rows::{AddressRow, HistoryRow, SessionRow};

/// A kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Autonomous systems.
    Asn,
    /// Addresses.
    Address,
    /// Attributions of addresses.
    History,
    /// Sessions.
    Session,
}

impl RecordKind {
    /// The kinds that are read page by page, in the order in which they are written: a row comes after what it refers
    /// to. History goes with its addresses.
    pub const PAGED: [Self; 3] = [Self::Asn, Self::Address, Self::Session];

    /// A name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asn => "asn",
            Self::Address => "address",
            Self::History => "history",
            Self::Session => "session",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Asn, Self::Address, Self::History, Self::Session]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// An AS row with everything stored with it.
#[derive(Clone, Debug, PartialEq)]
pub struct AsnRecord {
    /// The row; its counts are for information, every store counts by itself.
    pub row: AsnRow,
    /// When `enrichment` last changed.
    pub enrichment_updated_at: Option<Timestamp>,
}

/// An address with everything stored about it.
#[derive(Clone, Debug, PartialEq)]
pub struct AddressRecord {
    /// The row; its number of sessions is for information, every store counts its own.
    pub row: AddressRow,
    /// Sessions that are known only as a number.
    pub sessions_without_row: u64,
    /// The version of the document format.
    pub enrichment_version: Option<String>,
    /// Its attributions, in any order.
    pub history: Vec<HistoryRow>,
}

/// A session with everything stored about it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRecord {
    /// The row.
    pub row: SessionRow,
    /// A document that another program has stored with it.
    pub enrichment: Option<Value>,
}

/// Rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordSet {
    /// Autonomous systems.
    Asns(Vec<AsnRecord>),
    /// Addresses with their history.
    Addresses(Vec<AddressRecord>),
    /// Sessions.
    Sessions(Vec<SessionRecord>),
}

impl RecordSet {
    /// No rows of that kind; history comes with addresses.
    pub const fn none(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Asn => Self::Asns(Vec::new()),
            RecordKind::Address | RecordKind::History => Self::Addresses(Vec::new()),
            RecordKind::Session => Self::Sessions(Vec::new()),
        }
    }

    /// How many rows.
    pub const fn len(&self) -> usize {
        match self {
            Self::Asns(rows) => rows.len(),
            Self::Addresses(rows) => rows.len(),
            Self::Sessions(rows) => rows.len(),
        }
    }

    /// Whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The order in which rows are read.
#[derive(Clone, Copy, Debug)]
pub enum RecordOrder<'a> {
    /// The order in which a copy writes least: ASes and addresses by key, sessions by source address. Texts are sorted
    /// as in the store's indexes.
    ForCopying {
        /// [`Page::last`] of an earlier page; `None` from the beginning.
        after: Option<&'a str>,
    },
    /// By key, numbers by value and texts by their bytes: the same in every store.
    ForComparing,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The valid rows.
    pub records: RecordSet,
    /// The invalid rows.
    pub left_out: Vec<UncopiedRow>,
    /// Where the page ends in the order for copying, in a form that only this store understands; `None` if reading
    /// cannot resume there, since the last row has an odd key.
    pub last: Option<String>,
}

/// A row that cannot be copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UncopiedRow {
    /// Its kind.
    pub kind: RecordKind,
    /// Its key.
    pub key: String,
    /// Why it cannot be copied.
    pub reason: String,
}

impl UncopiedRow {
    /// A number that is not an ASN.
    pub const NO_ASN: &'static str = "its number is not that of an AS";
    /// A key that is not an address.
    pub const NO_ADDRESS: &'static str = "its key is not an IP address";
    /// An address that is not in canonical spelling.
    pub const SPELLING: &'static str =
        "its address is not in canonical spelling; `ipcascade verify --repair` corrects it";
    /// An attribution without a readable time.
    pub const NO_TIME: &'static str = "the time of the attribution is missing or cannot be read";
    /// A session without a key.
    pub const NO_ID: &'static str = "it has no id";
    /// A session whose source is not an address.
    pub const NO_SOURCE_ADDRESS: &'static str = "it comes from what is no IP address";
    /// A session whose address has no row.
    pub const ADDRESS_MISSING: &'static str = "its address has no row in the target";
}

/// The progress of a copy, as stored in its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyMark {
    /// The source: the same for the same source each time, without a password.
    pub source: String,
    /// The kind of rows being copied; `None` when it has ended.
    pub kind: Option<RecordKind>,
    /// Where the last page of that kind ended.
    pub position: Option<String>,
    /// Rows that did not fit the target so far.
    pub left_out: u64,
    /// The number of ASes, addresses and sessions that the target had at the end.
    pub rows: Option<u64>,
}

impl CopyMark {
    /// A copy that has not begun.
    pub fn start(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            kind: Some(RecordKind::Asn),
            position: None,
            left_out: 0,
            rows: None,
        }
    }
}

/// Rows to write exactly as they are, and the mark.
#[derive(Clone, Copy, Debug)]
pub struct ImportBatch<'a> {
    /// The rows.
    pub records: &'a RecordSet,
    /// The progress of the copy with them; what this batch leaves out is added to it.
    pub mark: &'a CopyMark,
    /// The time of writing.
    pub now: Timestamp,
}

/// The result of writing them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// New rows.
    pub new: u64,
    /// Existing rows that differed.
    pub changed: u64,
    /// Rows that do not fit this store.
    pub left_out: Vec<UncopiedRow>,
}

impl AddAssign for ImportReport {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.left_out.extend(other.left_out);
    }
}
