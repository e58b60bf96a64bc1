//! Which columns the tables really have: ours, those of others that must be given a value, and those
//! that a database lacks which was not adopted yet.

use std::collections::HashSet;

use ipcascade_store::schema::{
    ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, TABLES, Table,
};

use crate::catalog::Catalog;

/// The columns of a table that rows of ours are inserted with.
pub(crate) fn own(table: &'static Table) -> Vec<&'static str> {
    // Documents of sessions are other programs'.
    let is_foreign = |name: &str| table.name == SESSION_SUMMARIES.name && name == "enrichment";
    let names = table.column_names();
    names.filter(|name| !is_foreign(name)).collect()
}

/// What statements need to know of the tables.
#[derive(Clone, Debug, Default)]
pub struct TableColumns {
    /// Columns of adopted tables that are not ours but must be given a value, each with SQL for it.
    pub(crate) foreign_asns: Vec<(String, &'static str)>,
    pub(crate) foreign_addresses: Vec<(String, &'static str)>,
    pub(crate) foreign_sessions: Vec<(String, &'static str)>,
    pub(crate) foreign_history: Vec<(String, &'static str)>,
    pub(crate) sessions_have_updated_at: bool,
    /// Whether an attribution must name who said so.
    pub(crate) attributions_need_sources: bool,
    /// Whether a session must say where it is from.
    pub(crate) sessions_need_sources: bool,
    /// Every column of `ip_inventory` that can be written, ours or not.
    pub(crate) all_addresses: Vec<String>,
    /// Columns of ours that are there: table and column.
    present: HashSet<(&'static str, &'static str)>,
}

impl TableColumns {
    /// Those of the tables that are there.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let foreign = |table: &'static Table| catalog.foreign_columns(table.name, &own(table));
        Self {
            foreign_asns: foreign(ASN_INVENTORY),
            foreign_addresses: foreign(IP_INVENTORY),
            foreign_sessions: foreign(SESSION_SUMMARIES),
            foreign_history: foreign(IP_ASN_HISTORY),
            sessions_have_updated_at: catalog.has_column("session_summaries", "updated_at"),
            attributions_need_sources: catalog
                .must_be_given(IP_ASN_HISTORY.name, "verification_source"),
            sessions_need_sources: catalog.must_be_given(SESSION_SUMMARIES.name, "source_ip"),
            all_addresses: catalog.written_columns("ip_inventory"),
            present: TABLES
                .iter()
                .flat_map(|table| table.column_names().map(|column| (table.name, column)))
                .filter(|(table, column)| catalog.has_column(table, column))
                .collect(),
        }
    }

    /// Whether a column of ours is there.
    pub(crate) fn has_column(&self, table: &Table, column: &str) -> bool {
        self.present.contains(&(table.name, column))
    }

    /// Whether a session's document must be something.
    pub(crate) fn sessions_need_documents(&self) -> bool {
        self.foreign_sessions
            .iter()
            .any(|(name, _)| name == "enrichment")
    }
}
