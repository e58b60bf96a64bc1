//! Looks at the surroundings of a database when it is opened.

use ipcascade_core::store::{OpenMode, StoreError, StoreErrorKind};

use crate::engine::PgEngine;
use crate::surroundings::Surroundings;

impl PgEngine {
    /// Refuses something that is not an inventory, or that this role cannot read or count completely.
    pub(crate) fn check_surroundings(&self, found: &Surroundings) -> Result<(), StoreError> {
        let (schema, role) = (&found.schema, &found.role);
        if let Some((name, what)) = found.impostors.first() {
            let name = format_args!("`{name}` in the schema `{schema}`");
            return Err(StoreError::not_a_table(name, what)
                .remedy("give it another name, or set a search path that finds the tables first"));
        }
        if self.mode != OpenMode::Plan && !found.hidden.is_empty() {
            let tables = found.hidden.join(", ");
            let reason = format!(
                "row-level security hides rows of {tables} from the role `{role}`, and whatever is counted, listed or \
                 copied would lack them"
            );
            return Err(StoreError::new(StoreErrorKind::Denied, reason).remedy(
                "use the owner of the tables or another role that no policy applies to (ALTER ROLE … BYPASSRLS)",
            ));
        }
        match found.hidden_from_counting.first() {
            Some((table, owner)) if self.mode.writes() => Err(StoreError::new(
                StoreErrorKind::Denied,
                format!(
                    "row-level security hides rows of {table} from `{owner}`, who owns the functions that count, and \
                     the counts would go wrong"
                ),
            )
            .remedy(format!(
                "ALTER ROLE {owner} BYPASSRLS, or make the owner of the table the owner of the functions and ALTER \
                 TABLE {table} NO FORCE ROW LEVEL SECURITY"
            ))),
            _ => Ok(()),
        }
    }
}
