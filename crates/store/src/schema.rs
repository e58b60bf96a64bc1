//! The tables of an inventory and their columns: the only list of them. How a column type is declared, and which
//! indexes support a database's plans, is the database's own.
//!
//! ```
//! use ipcascade_store::schema::{IP_INVENTORY, ColumnType, DefaultValue};
//!
//! let origin = IP_INVENTORY.columns.iter().find(|column| column.name == "current_asn").unwrap();
//! assert_eq!((origin.kind, origin.value), (ColumnType::Asn, DefaultValue::Unknown));
//! ```

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its purpose, in a few words.
    pub purpose: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// The columns of its key.
    pub key: &'static [&'static str],
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Its default value.
    pub value: DefaultValue,
    /// The table that it refers to.
    pub refers_to: Option<&'static str>,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// An address, as text of at most 45 characters, sorted by bytes.
    Address,
    /// A text of at most 64 characters that is a key, sorted by bytes.
    Id,
    /// An ASN.
    Asn,
    /// A text of any length.
    Text,
    /// A text of at most this many characters.
    Limited(u8),
    /// A count: 64 bits.
    Count,
    /// A small number: 32 bits.
    Small,
    /// True or false.
    Flag,
    /// A timestamp.
    Timestamp,
    /// A JSON object that is searched.
    Document,
    /// JSON that is only stored.
    Json,
    /// A number that the database assigns.
    Serial,
}

/// The default value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// NULL.
    Unknown,
    /// None: it must be set. Rows from before the column have NULL, or the time when it was added.
    Given,
    /// The current time.
    Now,
    /// Zero, no, an empty object; never NULL.
    Empty,
    /// Zero; but NULL in rows from before the column.
    EmptyIfNew,
    /// A text.
    Text(&'static str),
}

const fn column(name: &'static str, kind: ColumnType, value: DefaultValue) -> Column {
    Column {
        name,
        kind,
        value,
        refers_to: None,
    }
}

const fn unknown(name: &'static str, kind: ColumnType) -> Column {
    column(name, kind, DefaultValue::Unknown)
}

const fn given(name: &'static str, kind: ColumnType) -> Column {
    column(name, kind, DefaultValue::Given)
}

const fn empty(name: &'static str, kind: ColumnType) -> Column {
    column(name, kind, DefaultValue::Empty)
}

const fn now(name: &'static str) -> Column {
    column(name, ColumnType::Timestamp, DefaultValue::Now)
}

const fn referring(name: &'static str, kind: ColumnType, table: &'static str) -> Column {
    Column {
        refers_to: Some(table),
        ..unknown(name, kind)
    }
}

/// Autonomous systems.
pub const ASN_INVENTORY: &Table = &Table {
    name: "asn_inventory",
    purpose: "autonomous systems",
    key: &["asn_number"],
    columns: &[
        given("asn_number", ColumnType::Asn),
        unknown("organization_name", ColumnType::Text),
        unknown("organization_country", ColumnType::Limited(2)),
        unknown("rir_registry", ColumnType::Limited(10)),
        unknown("asn_type", ColumnType::Text),
        empty("is_known_hosting", ColumnType::Flag),
        empty("is_known_vpn", ColumnType::Flag),
        given("first_seen", ColumnType::Timestamp),
        given("last_seen", ColumnType::Timestamp),
        empty("unique_ip_count", ColumnType::Count),
        empty("total_session_count", ColumnType::Count),
        empty("enrichment", ColumnType::Document),
        unknown("enrichment_updated_at", ColumnType::Timestamp),
        now("created_at"),
        now("updated_at"),
    ],
};

/// Addresses.
pub const IP_INVENTORY: &Table = &Table {
    name: "ip_inventory",
    purpose: "addresses",
    key: &["ip_address"],
    columns: &[
        given("ip_address", ColumnType::Address),
        referring("current_asn", ColumnType::Asn, "asn_inventory"),
        unknown("asn_last_verified", ColumnType::Timestamp),
        given("first_seen", ColumnType::Timestamp),
        given("last_seen", ColumnType::Timestamp),
        empty("session_count", ColumnType::Count),
        // NULL: the row is from before adoption; the excess over its rows is known as a number.
        column("session_rows", ColumnType::Count, DefaultValue::EmptyIfNew),
        empty("sessions_without_row", ColumnType::Count),
        empty("enrichment", ColumnType::Document),
        unknown("enrichment_updated_at", ColumnType::Timestamp),
        column(
            "enrichment_version",
            ColumnType::Limited(10),
            DefaultValue::Text(crate::document_version::DOCUMENT_VERSION),
        ),
        now("created_at"),
        now("updated_at"),
    ],
};

/// Sessions.
pub const SESSION_SUMMARIES: &Table = &Table {
    name: "session_summaries",
    purpose: "sessions",
    key: &["session_id"],
    columns: &[
        given("session_id", ColumnType::Id),
        referring("source_ip", ColumnType::Address, "ip_inventory"),
        unknown("sensor", ColumnType::Text),
        unknown("first_event_at", ColumnType::Timestamp),
        unknown("last_event_at", ColumnType::Timestamp),
        empty("event_count", ColumnType::Count),
        unknown("snapshot_asn", ColumnType::Asn),
        unknown("snapshot_country", ColumnType::Limited(2)),
        unknown("enrichment", ColumnType::Document),
        unknown("enrichment_at", ColumnType::Timestamp),
        // The identities of its events.
        unknown("event_ids", ColumnType::Text),
    ],
};

/// Attributions of addresses to ASes. No foreign keys: rows are deleted with their address by a trigger, and lock
/// nothing.
pub const IP_ASN_HISTORY: &Table = &Table {
    name: "ip_asn_history",
    purpose: "attributions of addresses to autonomous systems",
    key: &["ip_address", "asn_number", "observed_at"],
    columns: &[
        given("ip_address", ColumnType::Address),
        given("asn_number", ColumnType::Asn),
        given("observed_at", ColumnType::Timestamp),
        unknown("verification_source", ColumnType::Limited(50)),
    ],
};

/// The tables that lists are read from and that older programs may have filled, in an order in which rows refer only to
/// earlier ones.
pub const BOOKS: [&Table; 4] = [
    ASN_INVENTORY,
    IP_INVENTORY,
    SESSION_SUMMARIES,
    IP_ASN_HISTORY,
];

/// Which process works on which address.
pub const LEASES: &Table = &Table {
    name: "ipcascade_leases",
    purpose: "which process works on which address",
    key: &["ip_address"],
    columns: &[
        given("ip_address", ColumnType::Address),
        given("owner", ColumnType::Text),
        given("expires_at", ColumnType::Timestamp),
    ],
};

/// The state of providers.
pub const PROVIDER_STATE: &Table = &Table {
    name: "ipcascade_provider_state",
    purpose: "what is remembered of providers",
    key: &["provider"],
    columns: &[
        given("provider", ColumnType::Text),
        unknown("not_before", ColumnType::Timestamp),
        unknown("reason", ColumnType::Text),
        empty("used", ColumnType::Count),
        unknown("since", ColumnType::Timestamp),
        unknown("spoken_for_until", ColumnType::Timestamp),
    ],
};

/// What repairs have removed.
pub const REPAIRS: &Table = &Table {
    name: "ipcascade_repairs",
    purpose: "what repairs have taken away",
    key: &["id"],
    columns: &[
        given("id", ColumnType::Serial),
        given("repaired_at", ColumnType::Timestamp),
        unknown("broken_check", ColumnType::Text),
        unknown("row_key", ColumnType::Text),
        unknown("before", ColumnType::Json),
        unknown("after", ColumnType::Json),
    ],
};

/// The progress of copies into this inventory.
pub const COPIES: &Table = &Table {
    name: "ipcascade_copies",
    purpose: "how far copies into this inventory have come",
    key: &["source"],
    columns: &[
        given("source", ColumnType::Text),
        unknown("kind", ColumnType::Text),
        unknown("position", ColumnType::Text),
        empty("left_out", ColumnType::Count),
        unknown("row_count", ColumnType::Count),
        now("updated_at"),
    ],
};

/// The version of the schema.
pub const SCHEMA_MARK: &Table = &Table {
    name: "ipcascade_schema",
    purpose: "version of this schema",
    key: &["version"],
    columns: &[given("version", ColumnType::Small), now("applied_at")],
};

/// Every table that stores share, in the order in which they are created.
pub const TABLES: [&Table; 9] = [
    ASN_INVENTORY,
    IP_INVENTORY,
    SESSION_SUMMARIES,
    IP_ASN_HISTORY,
    LEASES,
    PROVIDER_STATE,
    REPAIRS,
    COPIES,
    SCHEMA_MARK,
];

/// The schema version of this program.
pub const VERSION: u16 = 3;

impl Table {
    /// The names of its columns, in order.
    pub fn column_names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name)
    }

    /// The type of a column.
    pub fn kind_of(&self, column: &str) -> Option<ColumnType> {
        let mut columns = self.columns.iter();
        let column = columns.find(|known| known.name == column)?;
        Some(column.kind)
    }

    /// Whether the column alone is the key.
    pub fn is_key(&self, column: &Column) -> bool {
        self.key == [column.name]
    }
}

/// The columns that hold ASNs, by table.
pub fn asn_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |table: &'static Table| {
        let asns = table
            .columns
            .iter()
            .filter(|column| column.kind == ColumnType::Asn);
        asns.map(|column| (table.name, column.name))
    };
    BOOKS.into_iter().flat_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_references_are_columns_and_tables() {
        for (number, table) in TABLES.iter().enumerate() {
            for key in table.key {
                assert!(table.column_names().any(|name| name == *key), "{key}");
            }
            for target in table.columns.iter().filter_map(|column| column.refers_to) {
                let mut earlier = TABLES[..number].iter();
                assert!(earlier.any(|earlier| earlier.name == target), "{target}");
            }
        }
    }

    #[test]
    fn four_columns_hold_as_numbers() {
        let found: Vec<_> = asn_columns().collect();
        let expected = [
            ("asn_inventory", "asn_number"),
            ("ip_inventory", "current_asn"),
            ("session_summaries", "snapshot_asn"),
            ("ip_asn_history", "asn_number"),
        ];
        assert_eq!(found, expected);
    }
}
