//! What functions need to know about the tables into which they insert.

use ipcascade_core::store::MigrateOptions;
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY};

use crate::catalog::Catalog;
use crate::columns::TableColumns;

/// Adds the missing ones of the AS rows `numbers`, `spans_from`, `spans_to`.
const MISSING_ASNS: &str = include_str!("../sql/missing_asns.sql");

/// Leaves a function that counts.
const UNLESS_OURS: &str = include_str!("../sql/unless_ours.sql");

/// What a trigger needs to know about the tables into which it inserts: columns of other programs, with values for
/// them.
pub(super) struct Targets {
    asns: (String, String),
    history: (String, String),
    greatest_asn: u32,
    /// Whether a foreign key refers to AS rows.
    asns_are_referred_to: bool,
}

impl Targets {
    pub(super) fn of(catalog: &Catalog, options: &MigrateOptions) -> Self {
        let columns = TableColumns::of(catalog);
        let mut history = columns.filler(IP_ASN_HISTORY.name);
        if columns.attributions_need_sources {
            history.0.push_str(", verification_source");
            history.1.push_str(", ''");
        }
        Self {
            asns: columns.filler(ASN_INVENTORY.name),
            history,
            greatest_asn: match options.widen_asn {
                true => u32::MAX,
                false => columns.greatest_asn,
            },
            asns_are_referred_to: [
                (IP_ASN_HISTORY.name, "asn_number"),
                (IP_INVENTORY.name, "current_asn"),
            ]
            .iter()
            .any(|(table, column)| {
                let key = ((*table).to_owned(), (*column).to_owned());
                // A table of ours has it from its creation.
                !catalog.tables.contains_key(*table) || catalog.foreign_keys.contains(&key)
            }),
        }
    }

    pub(super) fn fill_in(&self, body: &str) -> String {
        body.replace("{unless_ours}", UNLESS_OURS.trim_end())
            .replace("{missing_asns}", MISSING_ASNS.trim_end())
            .replace("{columns}", &self.asns.0)
            .replace("{values}", &self.asns.1)
            .replace("{history_columns}", &self.history.0)
            .replace("{history_values}", &self.history.1)
            .replace(
                "{asns_are_needed_now}",
                if self.asns_are_referred_to {
                    "TRUE"
                } else {
                    "FALSE"
                },
            )
            .replace("{greatest_asn}", &self.greatest_asn.to_string())
    }
}
