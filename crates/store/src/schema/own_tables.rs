//! The tables of this program alone.

use ipcascade_core::store::{StoreError, StoreErrorKind, StoreResult};

use super::inventory::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use super::table::ColumnType::{Address, Count, Json, Serial, Small, Text, Timestamp};
use super::table::{Table, empty, given, now, unknown};

/// Which process works on which address.
pub const LEASES: &Table = &Table {
    name: "ipcascade_leases",
    purpose: "which process works on which address",
    key: &["ip_address"],
    columns: &[
        given("ip_address", Address, "The address."),
        given("owner", Text, "The process that works on it."),
        given("expires_at", Timestamp, "When the lease ends by itself."),
    ],
};

/// The state of providers.
pub const PROVIDER_STATE: &Table = &Table {
    name: "ipcascade_provider_state",
    purpose: "what is remembered of providers",
    key: &["provider"],
    columns: &[
        given(
            "provider",
            Text,
            "The provider, or one of its quotas or rate limits.",
        ),
        unknown("not_before", Timestamp, "It is not asked before this time."),
        unknown("reason", Text, "The reason for that."),
        empty("used", Count, "Look-ups counted since the last reset."),
        unknown("since", Timestamp, "When counting began."),
        unknown(
            "spoken_for_until",
            Timestamp,
            "The time up to which the permits of its rate limit are reserved.",
        ),
    ],
};

/// What repairs have removed.
pub const REPAIRS: &Table = &Table {
    name: "ipcascade_repairs",
    purpose: "what repairs have taken away",
    key: &["id"],
    columns: &[
        given("id", Serial, "A number that the database assigns."),
        given("repaired_at", Timestamp, "When the row was repaired."),
        unknown("broken_check", Text, "The check that it failed."),
        unknown("row_key", Text, "Its key."),
        unknown("before", Json, "What the repair replaced."),
        unknown("after", Json, "What replaced it."),
    ],
};

/// The progress of copies into this inventory.
pub const COPIES: &Table = &Table {
    name: "ipcascade_copies",
    purpose: "how far copies into this inventory have come",
    key: &["source"],
    columns: &[
        given(
            "source",
            Text,
            "The source of the copy, without a password.",
        ),
        unknown(
            "kind",
            Text,
            "The kind of rows that is being copied; NULL: the copy has ended.",
        ),
        unknown("position", Text, "Where the last page of that kind ended."),
        empty("left_out", Count, "Number of rows that did not fit."),
        unknown(
            "row_count",
            Count,
            "Number of ASes, addresses and sessions at the end of the copy.",
        ),
        now("updated_at", "When this row was last changed."),
    ],
};

/// The version of the schema.
pub const SCHEMA_MARK: &Table = &Table {
    name: "ipcascade_schema",
    purpose: "version of this schema",
    key: &["version"],
    columns: &[
        given("version", Small, "A version of the schema."),
        now("applied_at", "When the database was brought up to it."),
    ],
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

/// Checks that tables with the names of the inventory's have its keys, so that those of another program are not adopted.
/// `has_table` and `has_column` return what exists.
///
/// # Errors
///
/// If one of them lacks its key.
pub fn check_keys(
    has_table: impl Fn(&str) -> bool,
    has_column: impl Fn(&str, &str) -> bool,
) -> StoreResult<()> {
    for table in [&ASN_INVENTORY, &IP_INVENTORY, &SESSION_SUMMARIES] {
        let lacks = |column: &&&str| !has_column(table.name, column);
        if !has_table(table.name) {
            continue;
        }
        if let Some(column) = table.key.iter().find(lacks) {
            let reason = format!(
                "its table `{}` has no column `{column}`, so it is that of another program",
                table.name
            );
            return Err(StoreError::new(StoreErrorKind::Schema, reason)
                .remedy("name another database, or give the table another name"));
        }
    }
    Ok(())
}

/// Checks that this program knows the schema of a store, which has this version.
///
/// # Errors
///
/// If a newer program made it.
pub fn check_version(found: Option<i64>) -> StoreResult<()> {
    match found {
        Some(version) if version > VERSION.into() => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!(
                "a newer ipcascade made its schema (version {version}, this program knows {VERSION})"
            ),
        )
        .remedy("use that one")),
        _ => Ok(()),
    }
}
