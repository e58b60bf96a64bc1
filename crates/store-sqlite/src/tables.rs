//! Declarations of tables and indexes.

use ipcascade_store::schema::{Column, ColumnType, DefaultValue, TABLES, Table};

/// Tables for the triggers, which other stores do not have.
const OF_TRIGGERS: [Table; 3] = [
    Table {
        name: "ipcascade_counting",
        purpose: "says whose a transaction is; never has a row that is committed",
        key: &["by_itself"],
        columns: &[Column {
            name: "by_itself",
            kind: ColumnType::Small,
            value: DefaultValue::Given,
            refers_to: None,
            meaning: "Whether the transaction counts for itself.",
        }],
    },
    Table {
        name: "ipcascade_replaced",
        purpose: "sessions that another program is replacing; what stays behind means nothing",
        key: &["session_id"],
        columns: &[
            Column {
                name: "session_id",
                kind: ColumnType::Text,
                value: DefaultValue::Given,
                refers_to: None,
                meaning: "The key of the session.",
            },
            Column {
                name: "source_ip",
                kind: ColumnType::Text,
                value: DefaultValue::Unknown,
                refers_to: None,
                meaning: "The address that it came from.",
            },
        ],
    },
    Table {
        name: "ipcascade_replaced_addresses",
        purpose: "addresses that another program is replacing; what stays behind means nothing",
        key: &["ip_address"],
        columns: &[
            Column {
                name: "ip_address",
                kind: ColumnType::Text,
                value: DefaultValue::Given,
                refers_to: None,
                meaning: "The address.",
            },
            Column {
                name: "current_asn",
                kind: ColumnType::Count,
                value: DefaultValue::Unknown,
                refers_to: None,
                meaning: "Its origin AS.",
            },
            Column {
                name: "session_count",
                kind: ColumnType::Count,
                value: DefaultValue::Unknown,
                refers_to: None,
                meaning: "Its session count.",
            },
        ],
    },
];

/// Every table, in the order in which they are created.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    TABLES.into_iter().chain(&OF_TRIGGERS)
}

/// The statement that creates a table.
pub(crate) fn create(table: &Table) -> String {
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("  {} {}", column.name, definition(table, column)))
        .collect();
    if table.key.len() > 1 {
        parts.push(format!("  PRIMARY KEY ({})", table.key.join(", ")));
    }
    format!("CREATE TABLE {} (\n{}\n)", table.name, parts.join(",\n"))
}

/// The statement that adds a column to a table with rows, where it must be nullable or have a constant default.
pub(crate) fn add(table: &Table, column: &Column) -> String {
    let (name, kind) = (column.name, column_type(table, column));
    let default = match column.value {
        DefaultValue::Empty | DefaultValue::Text(_) => default(column),
        _ => String::new(),
    };
    let reference = reference(column);
    format!(
        "ALTER TABLE {} ADD COLUMN {name} {kind}{default}{reference}",
        table.name
    )
}

fn definition(table: &Table, column: &Column) -> String {
    let kind = column_type(table, column);
    let is_key = table.is_key(column);
    let mut definition = kind.to_owned();
    if matches!(column.value, DefaultValue::Given) && !(is_key && kind == "INTEGER") {
        definition.push_str(" NOT NULL");
    }
    definition.push_str(&default(column));
    if is_key {
        definition.push_str(" PRIMARY KEY");
    }
    if column.kind == ColumnType::Asn {
        definition.push_str(&format!(
            " CHECK ({} BETWEEN 1 AND 4294967295)",
            column.name
        ));
    }
    definition.push_str(&reference(column));
    definition
}

/// Returns the declared type of a column. `INTEGER` has 64 bits, like `BIGINT`: only `INTEGER PRIMARY KEY` is the row's own
/// key instead of a second tree.
pub fn column_type(table: &Table, column: &Column) -> String {
    let declared = match column.kind {
        ColumnType::Address => "VARCHAR(45)",
        ColumnType::Id => "VARCHAR(64)",
        ColumnType::Asn if !table.is_key(column) => "BIGINT",
        ColumnType::Asn | ColumnType::Count | ColumnType::Small | ColumnType::Serial => "INTEGER",
        ColumnType::Text => "TEXT",
        ColumnType::Limited(most) => return format!("VARCHAR({most})"),
        ColumnType::Flag => "BOOLEAN",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Document | ColumnType::Json => "JSON",
    };
    declared.to_owned()
}

fn default(column: &Column) -> String {
    let empty = match column.kind {
        ColumnType::Document | ColumnType::Json => "'{}'",
        _ => "0",
    };
    match column.value {
        DefaultValue::Unknown | DefaultValue::Given => String::new(),
        DefaultValue::Now => " NOT NULL DEFAULT CURRENT_TIMESTAMP".to_owned(),
        DefaultValue::Empty => format!(" NOT NULL DEFAULT {empty}"),
        DefaultValue::EmptyIfNew => format!(" DEFAULT {empty}"),
        DefaultValue::Text(text) => format!(" DEFAULT '{text}'"),
    }
}

fn reference(column: &Column) -> String {
    let mut tables = TABLES.into_iter();
    let target = column
        .refers_to
        .and_then(|name| tables.find(|table| table.name == name));
    target.map_or_else(String::new, |target| {
        format!(" REFERENCES {} ({})", target.name, target.key.join(", "))
    })
}

/// An index on one column or expression.
pub(crate) struct Index {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// Its column.
    pub(crate) column: &'static str,
    /// Whether it is on the timestamp in the column instead of its text.
    pub(crate) is_moment: bool,
}

const fn index(name: &'static str, table: &'static str, column: &'static str) -> Index {
    Index {
        name,
        table,
        column,
        is_moment: false,
    }
}

/// Every index, except those on due sections, which are created when first needed.
pub(crate) const INDEXES: &[Index] = &[
    index("ix_ip_inventory_current_asn", "ip_inventory", "current_asn"),
    index(
        "ix_ip_inventory_session_count",
        "ip_inventory",
        "session_count",
    ),
    Index {
        name: "ix_ipcascade_ip_last_seen",
        table: "ip_inventory",
        column: "last_seen",
        is_moment: true,
    },
    index(
        "ix_session_summaries_source_ip",
        "session_summaries",
        "source_ip",
    ),
    index(
        "ix_session_summaries_snapshot_asn",
        "session_summaries",
        "snapshot_asn",
    ),
    Index {
        name: "ix_ipcascade_session_last_event",
        table: "session_summaries",
        column: "last_event_at",
        is_moment: true,
    },
];
