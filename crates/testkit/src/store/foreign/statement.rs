//! Another program's writes, as values: a database receives them as SQL, the memory store as they are.

use ipcascade_core::clock::Timestamp;

/// A statement of another program.
#[derive(Clone, Debug)]
pub enum ForeignStatement {
    /// Adds addresses.
    InsertAddresses(Vec<ForeignAddress>),
    /// Sets columns of addresses.
    UpdateAddresses(ForeignRows, Vec<AddressValue>),
    /// Deletes addresses.
    DeleteAddresses(ForeignRows),
    /// Adds sessions.
    InsertSessions(Vec<ForeignSession>),
    /// Sets columns of sessions.
    UpdateSessions(ForeignRows, Vec<SessionValue>),
    /// Deletes sessions.
    DeleteSessions(ForeignRows),
    /// Adds AS rows.
    InsertAsns(Vec<ForeignAsn>),
    /// Sets columns of AS rows.
    UpdateAsns(ForeignRows, Vec<AsnValue>),
    /// Deletes AS rows.
    DeleteAsns(ForeignRows),
    /// Adds attributions: address, ASN, time.
    InsertHistory(Vec<(String, i64, Timestamp)>),
    /// Sets columns of attributions.
    UpdateHistory(ForeignRows, Vec<HistoryValue>),
    /// Deletes attributions.
    DeleteHistory(ForeignRows),
}

/// Which rows of a table.
#[derive(Clone, Debug)]
pub enum ForeignRows {
    /// All of them.
    All,
    /// Rows with these keys, as text.
    Keys(Vec<String>),
    /// Rows that refer to this key: addresses to an AS, sessions and attributions to an address.
    Of(String),
}

impl ForeignRows {
    /// The row with this key.
    pub fn key(key: impl ToString) -> Self {
        Self::Keys(vec![key.to_string()])
    }

    /// The rows that refer to this key.
    pub fn of(key: impl ToString) -> Self {
        Self::Of(key.to_string())
    }
}

/// A row of `ip_inventory`.
#[derive(Clone, Debug)]
pub struct ForeignAddress {
    /// The key, in any spelling.
    pub key: String,
    /// The origin.
    pub asn: Option<i64>,
    /// When that was verified.
    pub verified: Option<Timestamp>,
    /// First and last seen.
    pub seen: (Timestamp, Timestamp),
    /// `session_count`.
    pub sessions: u64,
    /// `session_rows` and `sessions_without_row`; `None` from a program that does not know them.
    pub counts: Option<(Option<u64>, u64)>,
    /// The text of the document.
    pub document: String,
    /// When the document was written.
    pub enriched_at: Option<Timestamp>,
}

impl ForeignAddress {
    /// A row with nothing but the times of an address.
    pub fn new(key: impl ToString, seen: (Timestamp, Timestamp)) -> Self {
        Self {
            key: key.to_string(),
            asn: None,
            verified: None,
            seen,
            sessions: 0,
            counts: None,
            document: "{}".to_owned(),
            enriched_at: None,
        }
    }
}

/// A row of `session_summaries`.
#[derive(Clone, Debug)]
pub struct ForeignSession {
    /// The key.
    pub id: String,
    /// Its source address.
    pub source: Option<String>,
    /// First and last event.
    pub events: Option<(Timestamp, Timestamp)>,
    /// The number of events.
    pub event_count: u64,
}

impl ForeignSession {
    /// A session of one event without a time.
    pub fn new(id: impl ToString, source: impl ToString) -> Self {
        Self {
            id: id.to_string(),
            source: Some(source.to_string()),
            events: None,
            event_count: 1,
        }
    }
}

/// A row of `asn_inventory`.
#[derive(Clone, Debug)]
pub struct ForeignAsn {
    /// The ASN.
    pub number: i64,
    /// The name of the organisation.
    pub name: Option<String>,
    /// First and last seen.
    pub seen: (Timestamp, Timestamp),
    /// The number of addresses and sessions.
    pub counts: (u64, u64),
    /// The text of the document.
    pub document: String,
}

impl ForeignAsn {
    /// A row with nothing but the times of an AS.
    pub fn new(number: i64, seen: (Timestamp, Timestamp)) -> Self {
        Self {
            number,
            name: None,
            seen,
            counts: (0, 0),
            document: "{}".to_owned(),
        }
    }
}

/// A value of a column of `ip_inventory`.
#[derive(Clone, Debug)]
pub enum AddressValue {
    /// The origin.
    Asn(Option<i64>),
    /// When that was verified.
    Verified(Option<Timestamp>),
    /// When it was first seen.
    FirstSeen(Timestamp),
    /// When it was last seen.
    LastSeen(Timestamp),
    /// `session_count`.
    Sessions(u64),
    /// An increment of `session_count`.
    MoreSessions(u64),
    /// `session_rows`.
    SessionRows(Option<u64>),
    /// `sessions_without_row`.
    WithoutRow(u64),
    /// The text of the document.
    Document(String),
    /// When the document was written.
    EnrichedAt(Option<Timestamp>),
    /// The version of the document format.
    Version(String),
    /// When the row was written.
    UpdatedAt(Timestamp),
}

/// A value of a column of `session_summaries`.
#[derive(Clone, Debug)]
pub enum SessionValue {
    /// Its source address.
    Source(Option<String>),
    /// The text of a document.
    Document(String),
}

/// A value of a column of `ip_asn_history`.
#[derive(Clone, Debug)]
pub enum HistoryValue {
    /// The ASN.
    Number(i64),
    /// The source.
    Source(String),
}

/// A value of a column of `asn_inventory`.
#[derive(Clone, Debug)]
pub enum AsnValue {
    /// The number of addresses.
    Addresses(u64),
    /// The number of sessions.
    Sessions(u64),
    /// When it was first seen.
    FirstSeen(Timestamp),
    /// When it was last seen.
    LastSeen(Timestamp),
    /// Its kind of network.
    Kind(String),
    /// Whether it is known for hosting.
    IsHosting(bool),
    /// Whether it is known for VPN exits.
    IsVpn(bool),
}
