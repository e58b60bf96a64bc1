//! Indexes of values in sections: what they are over, and which there are.

use ipcascade_core::store::SectionKey;
use ipcascade_store::sql::{LONGEST_VALUE, UNKNOWN_VALUE};

/// What their names begin with. Another way of writing a value needs another beginning: an index that does not have what a
/// statement asks for is not used.
pub(crate) const PREFIX: &str = "ipcascade_value_";

/// FROM and WHERE for those that there are, also unfinished ones.
pub(crate) const THERE: &str = "FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid \
     WHERE x.indrelid = 'ip_inventory'::regclass AND starts_with(c.relname, 'ipcascade_value_')";

/// SQL for a value, as [`Dialect::section_value`](ipcascade_store::sql::Dialect::section_value) describes it, of documents of
/// this type; `None` for a type of which it may fail.
///
/// A document that is a text may be encoded twice. `json` keeps texts as they are, and some of the escapes in them are refused
/// when they are read: NUL, unpaired surrogates, and what the encoding of the database lacks.
pub(crate) fn value(
    SectionKey { provider, key }: SectionKey,
    document: &str,
    documents: Documents,
) -> Option<String> {
    let is_unknown = match documents {
        Documents::Jsonb => format!("jsonb_typeof({document}) = 'string'"),
        Documents::Json => format!(
            "{document}::text ~* (chr(92) || chr(92) || 'u(0000|d[89a-f])') OR json_typeof({document}) = 'string'"
        ),
        Documents::Other => return None,
    };
    Some(format!(
        "(CASE WHEN {is_unknown} THEN '{UNKNOWN_VALUE}' \
         ELSE left(({document} -> '{provider}' -> '{key}')::text, {LONGEST_VALUE}) END) COLLATE \"C\""
    ))
}

/// How the documents of addresses are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Documents {
    Jsonb,
    /// In UTF-8.
    Json,
    Other,
}

impl Documents {
    /// Those of a column of type `kind`.
    pub(crate) fn of(kind: &str, is_utf8: bool) -> Self {
        match kind {
            "jsonb" => Self::Jsonb,
            "json" if is_utf8 => Self::Json,
            _ => Self::Other,
        }
    }
}

/// The statement for the names of those that there are.
pub(crate) fn names() -> String {
    format!(
        "SELECT substr(c.relname, {}) {THERE} AND x.indisvalid",
        PREFIX.len() + 1
    )
}
