//! An index that is to be built.

use ipcascade_store::sql::quoted;

use crate::catalog::Catalog;

/// An index to create.
pub(crate) struct NewIndex {
    pub(crate) name: String,
    /// The same, with its schema.
    pub(crate) qualified: String,
    /// The statement that creates it.
    pub(crate) sql: String,
    /// Whether it is built concurrently, which cannot be done inside a transaction.
    pub(crate) is_online: bool,
}

impl NewIndex {
    /// An index of `table`, which is built concurrently from `online_from` octets on. PostgreSQL cannot do that for
    /// partitioned tables.
    pub(crate) fn new(
        catalog: &Catalog,
        name: &str,
        table: &str,
        over: &str,
        online_from: u64,
    ) -> Self {
        let is_big = catalog
            .sizes
            .get(table)
            .is_some_and(|&bytes| bytes >= online_from);
        let is_online = is_big && !catalog.partitioned.contains(table);
        let schema = quoted(&catalog.schema);
        let sql = if is_online {
            // Outside of our transactions, names are looked up along another path.
            let over = over.replace("ipcascade_", &format!("{schema}.ipcascade_"));
            format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {schema}.{table} {over}")
        } else {
            // An unfinished one is useless, and occupies the name.
            let make_room = match catalog.invalid_indexes.contains(name) {
                true => format!("DROP INDEX {name};\n"),
                false => String::new(),
            };
            format!("{make_room}CREATE INDEX IF NOT EXISTS {name} ON {table} {over}")
        };
        Self {
            name: name.to_owned(),
            qualified: format!("{schema}.{name}"),
            sql,
            is_online,
        }
    }
}
