//! Which columns the tables really have: ours, those of others that must be given a value, and those
//! that a database lacks which was not adopted yet.

use ipcascade_store::schema::{
    ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, Table,
};

use crate::schema::Present;

/// The columns of a table that rows of ours are inserted with.
pub(crate) fn own(table: &'static Table) -> Vec<&'static str> {
    // Documents of sessions are other programs'.
    let is_foreign = |name: &str| table.name == SESSION_SUMMARIES.name && name == "enrichment";
    let names = table.column_names();
    names.filter(|name| !is_foreign(name)).collect()
}

/// The columns of an address, in the order of [`crate::rows::stored_address`].
fn read_of_addresses() -> impl Iterator<Item = &'static str> {
    let names = IP_INVENTORY.column_names();
    names.filter(|name| !matches!(*name, "created_at" | "updated_at"))
}

/// What statements need to know of the tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// Columns of adopted tables that are not ours but must be given a value, each with SQL for it.
    pub(crate) foreign_asns: Vec<(String, &'static str)>,
    pub(crate) foreign_addresses: Vec<(String, &'static str)>,
    pub(crate) foreign_sessions: Vec<(String, &'static str)>,
    pub(crate) foreign_history: Vec<(String, &'static str)>,
    pub(crate) sessions_have_updated_at: bool,
    /// Whether an attribution must name who said so.
    pub(crate) attributions_need_sources: bool,
    /// Every column of `ip_inventory` that can be written, ours or not.
    pub(crate) all_addresses: Vec<String>,
    /// Columns of ours that `ip_inventory` lacks before adoption.
    absent_of_addresses: Vec<&'static str>,
    /// Whether `asn_inventory` can be read.
    pub(crate) has_asns: bool,
}

impl Columns {
    /// Those of the tables that are there.
    pub(crate) fn of(present: &Present) -> Self {
        let foreign = |table: &'static Table| present.foreign_columns(table.name, &own(table));
        Self {
            foreign_asns: foreign(ASN_INVENTORY),
            foreign_addresses: foreign(IP_INVENTORY),
            foreign_sessions: foreign(SESSION_SUMMARIES),
            foreign_history: foreign(IP_ASN_HISTORY),
            sessions_have_updated_at: present.has_column("session_summaries", "updated_at"),
            attributions_need_sources: present
                .must_be_given(IP_ASN_HISTORY.name, "verification_source"),
            all_addresses: present.written_columns("ip_inventory"),
            absent_of_addresses: IP_INVENTORY
                .column_names()
                .filter(|column| !present.has_column("ip_inventory", column))
                .collect(),
            has_asns: ASN_INVENTORY
                .column_names()
                .all(|column| present.has_column("asn_inventory", column)),
        }
    }

    /// The columns of an address, of the alias `i`; those that are not there are read as NULL.
    pub(crate) fn of_address(&self) -> String {
        let columns: Vec<String> = read_of_addresses()
            .map(|column| self.address_column(column))
            .collect();
        columns.join(", ")
    }

    /// A column of an address, of the alias `i`, or NULL if it is not there.
    pub(crate) fn address_column(&self, column: &str) -> String {
        match self.absent_of_addresses.contains(&column) {
            true => "NULL".to_owned(),
            false => format!("i.{column}"),
        }
    }

    /// Whether a session's document must be something.
    pub(crate) fn sessions_need_documents(&self) -> bool {
        self.foreign_sessions
            .iter()
            .any(|(name, _)| name == "enrichment")
    }
}
