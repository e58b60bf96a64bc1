//! Declarations of tables and indexes.

use ipcascade_store::schema::{
    Column, ColumnType, DefaultValue, IP_INVENTORY, LEASES, SESSION_SUMMARIES, TABLES, Table,
};

/// An index, by its first columns.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
}

const fn index(name: &'static str, table: &'static Table, columns: &'static str) -> Index {
    Index {
        name,
        table: table.name,
        columns,
    }
}

/// Every index, except those on due sections, which are created when first needed.
pub(crate) const INDEXES: &[Index] = &[
    index("ipcascade_ip_asn", IP_INVENTORY, "current_asn"),
    index("ipcascade_ip_last_seen", IP_INVENTORY, "last_seen"),
    index("ipcascade_ip_sessions", IP_INVENTORY, "session_count"),
    index("ipcascade_session_source", SESSION_SUMMARIES, "source_ip"),
    index(
        "ipcascade_session_last_event",
        SESSION_SUMMARIES,
        "last_event_at",
    ),
    index("ipcascade_leases_expires", LEASES, "expires_at"),
];

/// The statement that creates a table.
pub(crate) fn create(table: &Table) -> String {
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let default = new_rows_default(column);
            let default = default.map_or_else(String::new, |value| format!(" DEFAULT {value}"));
            format!("{} {}{default}", column.name, definition(table, column))
        })
        .collect();
    if table.key.len() > 1 {
        parts.push(format!("PRIMARY KEY ({})", table.key.join(", ")));
    }
    format!(
        "CREATE TABLE {} (\n    {}\n)",
        table.name,
        parts.join(",\n    ")
    )
}

/// The statement that adds a column to a table with rows.
pub(crate) fn add(table: &Table, column: &Column) -> String {
    let name = column.name;
    let mut sql = format!(
        "ALTER TABLE {} ADD COLUMN {name} {}",
        table.name,
        definition(table, column)
    );
    if let Some(value) = new_rows_default(column) {
        sql.push_str(&format!(", ALTER COLUMN {name} SET DEFAULT {value}"));
    }
    sql
}

/// The default of new rows, if existing rows keep NULL when the column is added.
const fn new_rows_default(column: &Column) -> Option<&'static str> {
    match column.value {
        DefaultValue::EmptyIfNew => Some("0"),
        _ => None,
    }
}

fn definition(table: &Table, column: &Column) -> String {
    let mut definition = column_type(column.kind);
    let is_key = table.is_key(column);
    match column.value {
        _ if is_key => definition.push_str(" PRIMARY KEY"),
        // Existing rows need a time, too, when the column is added.
        DefaultValue::Given | DefaultValue::Now if column.kind == ColumnType::Timestamp => {
            definition.push_str(" NOT NULL DEFAULT now()");
        }
        DefaultValue::Given | DefaultValue::Now => definition.push_str(" NOT NULL"),
        DefaultValue::Empty => {
            definition.push_str(&format!(" NOT NULL DEFAULT {}", empty(column.kind)))
        }
        DefaultValue::Text(text) => definition.push_str(&format!(" DEFAULT '{text}'")),
        DefaultValue::Unknown | DefaultValue::EmptyIfNew => {}
    }
    if column.kind == ColumnType::Asn {
        definition.push_str(&format!(
            " CHECK ({} BETWEEN 1 AND 4294967295)",
            column.name
        ));
    }
    let mut tables = TABLES.into_iter();
    let target = column
        .refers_to
        .and_then(|name| tables.find(|table| table.name == name));
    if let Some(target) = target {
        definition.push_str(&format!(" REFERENCES {}", target.name));
    }
    definition
}

/// Returns the declared type of a column.
pub fn column_type(kind: ColumnType) -> String {
    let declared = match kind {
        ColumnType::Address => r#"VARCHAR(45) COLLATE "C""#,
        ColumnType::Id => r#"VARCHAR(64) COLLATE "C""#,
        ColumnType::Asn | ColumnType::Count => "BIGINT",
        ColumnType::Text => "TEXT",
        ColumnType::Limited(most) => return format!("VARCHAR({most})"),
        ColumnType::Small => "INTEGER",
        ColumnType::Flag => "BOOLEAN",
        ColumnType::Timestamp => "TIMESTAMPTZ",
        ColumnType::Document => "JSONB",
        ColumnType::Json => "JSON",
        ColumnType::Serial => "BIGINT GENERATED ALWAYS AS IDENTITY",
    };
    declared.to_owned()
}

const fn empty(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Flag => "FALSE",
        ColumnType::Document | ColumnType::Json => "'{}'",
        _ => "0",
    }
}
