//! The tables of what a transaction has written and not counted yet.

use ipcascade_core::store::MigrationStep;

use crate::catalog::Catalog;
use crate::ddl::step;
use crate::triggers::names::{SETTLE, SETTLED};

/// A table of what a transaction has written but not counted yet. Its rows are deleted before the commit, so that a
/// crash can lose none.
pub(super) struct PendingTable {
    name: &'static str,
    columns: &'static str,
}

pub(super) const PENDING: [PendingTable; 2] = [
    PendingTable {
        name: "ipcascade_pending_sessions",
        columns: "source_ip text NOT NULL, added bigint NOT NULL, removed bigint NOT NULL",
    },
    PendingTable {
        name: "ipcascade_pending_addresses",
        columns: "asn bigint NOT NULL, addresses bigint NOT NULL, sessions bigint NOT NULL, \
                  first_seen timestamptz, last_seen timestamptz, span_from timestamptz, \
                  span_to timestamptz",
    },
];

impl PendingTable {
    /// The table with its trigger, which must exist before anything is written to it.
    pub(super) fn plan(&self, catalog: &Catalog, steps: &mut Vec<MigrationStep>) {
        let Self { name, columns } = self;
        let key = ((*name).to_owned(), SETTLED.to_owned());
        match catalog.triggers.get(&key) {
            Some(true) => {}
            Some(false) => steps.push(step(
                format!("Trigger of {name}, which was disabled"),
                format!("ALTER TABLE {name} ENABLE TRIGGER {SETTLED}"),
            )),
            None => steps.push(step(
                format!("Table {name}, which is empty after each commit"),
                format!(
                    "CREATE UNLOGGED TABLE IF NOT EXISTS {name} \
                     (tx xid8 NOT NULL DEFAULT pg_current_xact_id(), {columns});\n\
                     CREATE INDEX IF NOT EXISTS {name}_tx ON {name} (tx);\n\
                     CREATE CONSTRAINT TRIGGER {SETTLED} AFTER INSERT ON {name} \
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {SETTLE}();\n\
                     -- Functions that are there keep their owners, who write here.\n\
                     DO $$ DECLARE owner text; BEGIN FOR owner IN SELECT DISTINCT p.proowner::regrole::text \
                     FROM pg_proc p JOIN pg_proc s ON s.pronamespace = p.pronamespace \
                     WHERE s.oid = '{SETTLE}()'::regprocedure AND starts_with(p.proname, 'ipcascade_') \
                     LOOP EXECUTE 'GRANT SELECT, INSERT, DELETE ON {name} TO ' || owner; END LOOP; END $$"
                ),
            )),
        }
    }
}
