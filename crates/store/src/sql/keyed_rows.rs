//! Rows that are found by their keys.

use crate::locking::Lock;
use crate::schema::Table;
use crate::sql::columns::FromRow;
use crate::sql::dialect::{Dialect, SqlTx, alias};

pub(super) fn all<C: SqlTx, T: FromRow>(rows: &[C::Row]) -> Result<Vec<T>, C::Error> {
    rows.iter().map(T::from_row).collect()
}

/// Rows of `table` whose keys begin with one of the values listed as `$1`.
pub(super) fn by_key(columns: &str, table: &Table, dialect: &impl Dialect, lock: Lock) -> String {
    let (alias, key) = (alias(table), table.key[0]);
    format!(
        "SELECT {columns} {}{}",
        dialect.rows_listed(table, key),
        dialect.locking(lock, &format!("{alias}.{key}"), alias)
    )
}
