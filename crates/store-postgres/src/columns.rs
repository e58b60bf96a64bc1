//! How statements must be written for the actual columns.

use std::collections::BTreeSet;

use ipcascade_core::asn::Asn;
use ipcascade_store::schema::{
    ASN_INVENTORY, BOOKS, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, TABLES, Table,
    asn_columns,
};

use crate::catalog::Catalog;
use crate::value_index::Documents;

/// What statements need to know about the tables.
#[derive(Clone, Debug)]
pub(crate) struct TableColumns {
    /// The type of `asn_inventory.enrichment`.
    pub(crate) asn_document: String,
    /// The type of `ip_inventory.enrichment`.
    pub(crate) address_document: String,
    /// The same, as far as an index of values is concerned.
    pub(crate) address_documents: Documents,
    /// Whether an attribution must name a source.
    pub(crate) attributions_need_sources: bool,
    /// Whether sessions have a column `updated_at`, which belongs to another program.
    pub(crate) sessions_have_updated_at: bool,
    /// The greatest ASN that every column holds.
    pub(crate) greatest_asn: u32,
    /// The greatest count of events that the column holds.
    pub(crate) greatest_event_count: i64,
    /// Whether the database ensures that a session's address has a row.
    pub(crate) sessions_have_addresses: bool,
    /// Columns of other programs that an INSERT must set, with values for them.
    fillers: Vec<(&'static str, String, &'static str)>,
    /// Maximum numbers of characters, where limited: table and column.
    limits: Vec<(&'static str, String, usize)>,
    /// The type of `session_summaries.enrichment`, if the column exists.
    pub(crate) session_document: Option<String>,
    /// Whether that column must not be NULL.
    pub(crate) sessions_need_documents: bool,
    /// Required columns that do not exist.
    pub(crate) missing: Vec<String>,
    /// Existing columns of ours: table and column.
    present: BTreeSet<(&'static str, &'static str)>,
    /// Nullable columns: table and column.
    nullable: BTreeSet<(&'static str, String)>,
}

/// The columns that are always read or written.
fn is_needed(table: &Table, column: &str) -> bool {
    let optional: &[&str] = match table.name {
        "asn_inventory" | "ip_inventory" => &[
            "created_at",
            "updated_at",
            "enrichment_version",
            "session_rows",
            "sessions_without_row",
        ],
        "session_summaries" => &["sensor", "enrichment", "event_ids"],
        _ => &[],
    };
    !optional.contains(&column)
}

impl TableColumns {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let kind = |table: &str, column: &str| catalog.kind(table, column).unwrap_or_default();
        let is_narrow =
            |(table, column): (&str, &str)| matches!(kind(table, column), "integer" | "smallint");
        let document = |table: &str| match kind(table, "enrichment") {
            "" => "jsonb".to_owned(),
            kind => kind.to_owned(),
        };
        let has_key = |table: &str, column: &str| {
            let key = (table.to_owned(), column.to_owned());
            catalog.foreign_keys.contains(&key)
        };
        Self {
            asn_document: document(ASN_INVENTORY.name),
            address_document: document(IP_INVENTORY.name),
            address_documents: Documents::of(&document(IP_INVENTORY.name), catalog.is_utf8),
            attributions_need_sources: catalog
                .tables
                .get(IP_ASN_HISTORY.name)
                .and_then(|columns| columns.get("verification_source"))
                .is_some_and(|facts| facts.must_be_given),
            sessions_have_updated_at: !kind(SESSION_SUMMARIES.name, "updated_at").is_empty(),
            greatest_asn: if asn_columns().any(is_narrow) {
                i32::MAX.unsigned_abs()
            } else {
                u32::MAX
            },
            greatest_event_count: match kind(SESSION_SUMMARIES.name, "event_count") {
                "integer" => i32::MAX.into(),
                _ => i64::MAX,
            },
            sessions_have_addresses: has_key(SESSION_SUMMARIES.name, "source_ip"),
            fillers: fillers(catalog),
            limits: limits(catalog),
            session_document: Some(kind(SESSION_SUMMARIES.name, "enrichment").to_owned())
                .filter(|kind| !kind.is_empty()),
            sessions_need_documents: catalog
                .tables
                .get(SESSION_SUMMARIES.name)
                .and_then(|columns| columns.get("enrichment"))
                .is_some_and(|facts| facts.must_be_given),
            present: present(catalog),
            missing: missing(catalog),
            nullable: nullable(catalog),
        }
    }

    /// Whether a column of ours exists.
    pub(crate) fn has_column(&self, table: &Table, column: &str) -> bool {
        self.present.contains(&(table.name, column))
    }

    /// Whether columns of other programs must be set.
    pub(crate) fn has_filler(&self, table: &str) -> bool {
        self.fillers.iter().any(|(of, _, _)| *of == table)
    }

    /// Whether a column may be NULL.
    pub(crate) fn is_nullable(&self, table: &Table, column: &str) -> bool {
        self.nullable.contains(&(table.name, column.to_owned()))
    }

    /// Whether every column holds `asn`.
    pub(crate) const fn holds(&self, asn: Asn) -> bool {
        asn.get() <= self.greatest_asn
    }

    /// Whether a column holds `text`.
    pub(crate) fn holds_text(&self, table: &str, column: &str, text: Option<&str>) -> bool {
        let limit = self
            .limits
            .iter()
            .find(|(of, name, _)| *of == table && name == column);
        match (limit, text) {
            (Some((.., limit)), Some(text)) => text.chars().count() <= *limit,
            _ => true,
        }
    }

    /// What to append to the list of columns, and to the list of values, of an INSERT.
    pub(crate) fn filler(&self, table: &str) -> (String, String) {
        let of_table = || self.fillers.iter().filter(|(of, ..)| *of == table);
        (
            of_table()
                .map(|(_, column, _)| format!(", {column}"))
                .collect(),
            of_table()
                .map(|(_, _, value)| format!(", {value}"))
                .collect(),
        )
    }
}

fn fillers(catalog: &Catalog) -> Vec<(&'static str, String, &'static str)> {
    let mut fillers = Vec::new();
    for table in BOOKS {
        let Some(columns) = catalog.tables.get(table.name) else {
            continue;
        };
        for (name, facts) in columns {
            let is_ours = table.columns.iter().any(|column| column.name == name);
            if is_ours || !facts.must_be_given {
                continue;
            }
            let value = match facts.kind.as_str() {
                "boolean" => "FALSE",
                "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "0",
                "json" | "jsonb" => "'{}'",
                kind if kind.starts_with("timestamp") || kind == "date" => "now()",
                kind if kind.ends_with("[]") => "'{}'",
                _ => "''",
            };
            fillers.push((table.name, ipcascade_store::sql::quoted(name), value));
        }
    }
    fillers
}

fn limits(catalog: &Catalog) -> Vec<(&'static str, String, usize)> {
    let mut limits = Vec::new();
    for table in BOOKS {
        for (name, facts) in catalog.tables.get(table.name).into_iter().flatten() {
            let limit = facts
                .max_chars
                .and_then(|limit| usize::try_from(limit).ok());
            limits.extend(limit.map(|limit| (table.name, name.clone(), limit)));
        }
    }
    limits
}

fn nullable(catalog: &Catalog) -> BTreeSet<(&'static str, String)> {
    let mut nullable = BTreeSet::new();
    for table in BOOKS {
        for (name, facts) in catalog.tables.get(table.name).into_iter().flatten() {
            if facts.is_nullable {
                nullable.insert((table.name, name.clone()));
            }
        }
    }
    nullable
}

fn present(catalog: &Catalog) -> BTreeSet<(&'static str, &'static str)> {
    let columns = TABLES
        .iter()
        .flat_map(|table| table.column_names().map(|column| (table.name, column)));
    columns
        .filter(|(table, column)| catalog.kind(table, column).is_some())
        .collect()
}

fn missing(catalog: &Catalog) -> Vec<String> {
    let mut missing = Vec::new();
    for table in BOOKS {
        match catalog.tables.get(table.name) {
            None => missing.push(table.name.to_owned()),
            Some(columns) => missing.extend(
                table
                    .columns
                    .iter()
                    .filter(|column| is_needed(table, column.name))
                    .filter(|column| !columns.contains_key(column.name))
                    .map(|column| format!("{}.{}", table.name, column.name)),
            ),
        }
    }
    missing
}
