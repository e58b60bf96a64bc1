//! The actual columns of the tables: ours, those of other programs that must be set, and those that an unadopted
//! database lacks.

use std::collections::HashSet;

use ipcascade_store::schema::{
    ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, TABLES, Table,
};
use ipcascade_store::sql::quoted;

use crate::catalog::Catalog;

/// The columns of a table that our statements set.
pub(crate) fn own(table: &'static Table) -> Vec<&'static str> {
    // Documents of sessions belong to other programs.
    let is_foreign = |name: &str| table.name == SESSION_SUMMARIES.name && name == "enrichment";
    let names = table.column_names();
    names.filter(|name| !is_foreign(name)).collect()
}

/// What statements need to know about the tables.
#[derive(Clone, Debug, Default)]
pub struct TableColumns {
    /// Columns of adopted tables that are not ours but must be set, each with SQL for it.
    pub(crate) foreign_asns: Vec<(String, &'static str)>,
    pub(crate) foreign_addresses: Vec<(String, &'static str)>,
    pub(crate) foreign_sessions: Vec<(String, &'static str)>,
    pub(crate) foreign_history: Vec<(String, &'static str)>,
    pub(crate) sessions_have_updated_at: bool,
    /// Whether an attribution must name a source.
    pub(crate) attributions_need_sources: bool,
    /// Whether a session must have a source address.
    pub(crate) sessions_need_sources: bool,
    /// Our triggers, by name and text: what else has a name like theirs is another program's.
    pub(crate) own_triggers: Vec<(&'static str, String)>,
    /// Every writable column of `ip_inventory`, ours or not.
    pub(crate) all_addresses: Vec<String>,
    /// Tables whose rows have a number by which they are stored.
    with_rowid: HashSet<&'static str>,
    /// Existing columns of ours: table and column.
    present: HashSet<(&'static str, &'static str)>,
}

impl TableColumns {
    /// The columns of the existing tables.
    pub(crate) fn of(catalog: &Catalog, own_triggers: Vec<(&'static str, String)>) -> Self {
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
            own_triggers,
            all_addresses: catalog.written_columns("ip_inventory"),
            with_rowid: TABLES
                .iter()
                .map(|table| table.name)
                .filter(|table| catalog.has_rowid(table))
                .collect(),
            present: TABLES
                .iter()
                .flat_map(|table| table.column_names().map(|column| (table.name, column)))
                .filter(|(table, column)| catalog.has_column(table, column))
                .collect(),
        }
    }

    /// Whether the rows of a table have a number by which they are stored.
    pub(crate) fn has_rowid(&self, table: &Table) -> bool {
        self.with_rowid.contains(table.name)
    }

    /// Whether a column of ours exists.
    pub(crate) fn has_column(&self, table: &Table, column: &str) -> bool {
        self.present.contains(&(table.name, column))
    }

    /// Whether a trigger is ours. One of that name with another text is not: its text would be executed.
    pub(crate) fn has_own_trigger(&self, name: &str, sql: &str) -> bool {
        let mut own = self.own_triggers.iter();
        own.any(|(own_name, own_sql)| *own_name == name && own_sql == sql)
    }

    /// Whether a session's document must not be NULL.
    pub(crate) fn sessions_need_documents(&self) -> bool {
        self.foreign_sessions
            .iter()
            .any(|(name, _)| *name == quoted("enrichment"))
    }
}
