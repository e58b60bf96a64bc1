//! Indexes of values in sections: what they are over, and which there are.

use std::collections::BTreeSet;

use ipcascade_core::store::SectionKey;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::{LONGEST_VALUE, UNKNOWN_VALUE};

use crate::connection::Connection;

/// What their names begin with. Another way of writing a value needs another beginning: an index that does not have what a
/// statement asks for is not used.
pub(crate) const PREFIX: &str = "ipcascade_value_";

/// FROM and WHERE for those that there are.
pub(crate) const THERE: &str = "FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid \
     WHERE x.indrelid = 'ip_inventory'::regclass AND x.indisvalid AND starts_with(c.relname, 'ipcascade_value_')";

/// SQL for a value, as [`Dialect::section_value`](ipcascade_store::sql::Dialect::section_value) describes it, of documents of
/// this type; `None` for a type without operators.
///
/// A document that is a text may be encoded twice. `json` refuses some of what it stores when it is read.
pub(crate) fn value(
    SectionKey { provider, key }: SectionKey,
    document: &str,
    kind: &str,
) -> Option<String> {
    let is_unknown = match kind {
        "jsonb" => format!("jsonb_typeof({document}) = 'string'"),
        "json" => format!(
            "position('\\u0000' IN {document}::text) > 0 OR json_typeof({document}) = 'string'"
        ),
        _ => return None,
    };
    Some(format!(
        "(CASE WHEN {is_unknown} THEN '{UNKNOWN_VALUE}' \
         ELSE left(({document} -> '{provider}' -> '{key}')::text, {LONGEST_VALUE}) END) COLLATE \"C\""
    ))
}

/// The statement for the names of those that there are.
pub(crate) fn names() -> String {
    format!("SELECT substr(c.relname, {}) {THERE}", PREFIX.len() + 1)
}

/// The names of the finished ones in `schema`: names are not looked up there yet.
pub(crate) async fn read_names(
    schema: &str,
    connection: &mut Connection,
) -> Result<BTreeSet<String>, sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT x.relname::text FROM pg_index i
         JOIN pg_class x ON x.oid = i.indexrelid
         JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2 AND i.indisvalid AND starts_with(x.relname, $3)",
    )
    .bind(schema)
    .bind(IP_INVENTORY.name)
    .bind(PREFIX)
    .fetch_all(connection)
    .await?;
    Ok(names.into_iter().collect())
}
