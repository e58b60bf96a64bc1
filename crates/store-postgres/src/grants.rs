//! The statements that let a role use the inventory.

use ipcascade_core::store::Rights;
use ipcascade_store::schema::{
    ASN_INVENTORY, COPIES, IP_ASN_HISTORY, IP_INVENTORY, LEASES, PROVIDER_STATE, REPAIRS,
    SESSION_SUMMARIES, TABLES, Table,
};
use ipcascade_store::sql::quoted;

use crate::catalog::Catalog;

/// What is written by refreshing: rows of addresses with all that follows from them, and what processes share.
const REFRESHED: [&Table; 5] = [
    ASN_INVENTORY,
    IP_INVENTORY,
    IP_ASN_HISTORY,
    LEASES,
    PROVIDER_STATE,
];

/// What else is written by storing, repairing and copying.
const WRITTEN: [&Table; 3] = [SESSION_SUMMARIES, REPAIRS, COPIES];

/// The statements for the tables that there are.
pub(crate) fn statements(catalog: &Catalog, role: &str, rights: Rights) -> Vec<String> {
    let (schema, role) = (quoted(&catalog.schema), quoted(role));
    let names = |tables: &[&Table]| {
        let there = tables
            .iter()
            .filter(|table| catalog.tables.contains_key(table.name));
        let names = there.map(|table| format!("{schema}.{}", table.name));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut statements = vec![
        format!("GRANT USAGE ON SCHEMA {schema} TO {role}"),
        format!("GRANT SELECT ON {} TO {role}", names(&TABLES)),
    ];
    let changing = "GRANT INSERT, UPDATE, DELETE ON";
    if rights >= Rights::Refresh {
        statements.push(format!("{changing} {} TO {role}", names(&REFRESHED)));
    }
    if rights >= Rights::Write {
        statements.push(format!("{changing} {} TO {role}", names(&WRITTEN)));
    }
    statements
}
