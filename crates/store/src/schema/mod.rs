//! The tables of an inventory and their columns: the only list of them. How a column type is declared, and which
//! indexes support a database's plans, is the database's own.
//!
//! ```
//! use ipcascade_store::schema::{IP_INVENTORY, ColumnType, DefaultValue};
//!
//! let origin = IP_INVENTORY.columns.iter().find(|column| column.name == "current_asn").unwrap();
//! assert_eq!((origin.kind, origin.value), (ColumnType::Asn, DefaultValue::Unknown));
//! ```

mod inventory;
mod own_tables;
mod table;

pub use inventory::{
    ASN_INVENTORY, BOOKS, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, asn_columns,
};
pub use own_tables::{
    COPIES, LEASES, PROVIDER_STATE, REPAIRS, SCHEMA_MARK, TABLES, VERSION, check_keys,
    check_version,
};
pub use table::{Column, ColumnType, DefaultValue, Table};

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
    fn every_column_has_a_meaning() {
        for column in TABLES.iter().flat_map(|table| table.columns) {
            assert!(column.meaning.ends_with(['.', '…']), "{}", column.name);
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
