//! The existing schema of a database.

use std::collections::{HashMap, HashSet};

use ipcascade_store::schema::TABLES;
use ipcascade_store::sql::quoted;
use sqlx::SqliteConnection;

/// Existing tables, columns, indexes and triggers.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    columns: HashMap<String, Vec<ColumnFacts>>,
    indexes: HashSet<String>,
    indexed: HashSet<(String, String)>,
    triggers: HashMap<String, String>,
    /// Tables whose rows have no number by which they are stored.
    without_rowid: HashSet<String>,
    /// Views with the name of one of our tables.
    pub(crate) impostors: Vec<String>,
    /// The recorded version of our schema, if any.
    pub(crate) version: Option<i64>,
}

#[derive(Debug)]
struct ColumnFacts {
    name: String,
    declared: String,
    must_be_given: bool,
    is_generated: bool,
}

impl Catalog {
    /// Reads the schema of the database behind `connection`.
    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mut catalog = Self::default();
        let columns: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
            "SELECT m.name, c.name, c.type, c.\"notnull\" AND c.dflt_value IS NULL AND c.pk = 0 AND c.hidden = 0, c.hidden <> 0 \
             FROM sqlite_master m CROSS JOIN pragma_table_xinfo(m.name) c WHERE m.type IN ('table', 'view')",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, name, declared, must_be_given, is_generated) in columns {
            catalog
                .columns
                .entry(table.to_ascii_lowercase())
                .or_default()
                .push(ColumnFacts {
                    name: name.to_ascii_lowercase(),
                    declared,
                    must_be_given,
                    is_generated,
                });
        }
        catalog.read_objects(connection).await?;
        let leading: Vec<(String, String)> = sqlx::query_as(
            "SELECT m.name, i.name FROM sqlite_master m CROSS JOIN pragma_index_list(m.name) l \
             CROSS JOIN pragma_index_info(l.name) i \
             WHERE m.type = 'table' AND l.partial = 0 AND i.seqno = 0 AND i.name IS NOT NULL",
        )
        .fetch_all(&mut *connection)
        .await?;
        catalog.indexed = leading
            .into_iter()
            .map(|(table, column)| (table.to_ascii_lowercase(), column.to_ascii_lowercase()))
            .collect();
        let without: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr")
                .fetch_all(&mut *connection)
                .await?;
        catalog.without_rowid = without
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        if catalog.has_table("ipcascade_schema") {
            catalog.version = sqlx::query_scalar("SELECT max(version) FROM ipcascade_schema")
                .fetch_one(&mut *connection)
                .await?;
        }
        Ok(catalog)
    }

    /// Indexes, triggers and views.
    async fn read_objects(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let objects: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger', 'view') ORDER BY name",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (kind, name, sql) in objects {
            match kind.as_str() {
                "index" => {
                    self.indexes.insert(name);
                }
                "view" => {
                    if is_ours(&name) {
                        self.impostors.push(name);
                    }
                }
                _ => {
                    self.triggers.insert(name, sql.unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.columns.contains_key(table)
    }

    pub(crate) fn has_column(&self, table: &str, column: &str) -> bool {
        self.columns
            .get(table)
            .is_some_and(|columns| columns.iter().any(|c| c.name == column))
    }

    /// Whether rows have a number by which they are stored, and no column hides it.
    pub(crate) fn has_rowid(&self, table: &str) -> bool {
        !self.without_rowid.contains(table) && !self.has_column(table, "rowid")
    }

    pub(crate) fn has_index(&self, name: &str) -> bool {
        self.indexes.contains(name)
    }

    /// Whether an index of any name begins with `column`.
    pub(crate) fn is_indexed(&self, table: &str, column: &str) -> bool {
        self.indexed
            .contains(&(table.to_owned(), column.to_owned()))
    }

    pub(crate) fn trigger(&self, name: &str) -> Option<&str> {
        self.triggers.get(name).map(String::as_str)
    }

    /// The names of the writable columns of `table`, quoted.
    pub(crate) fn written_columns(&self, table: &str) -> Vec<String> {
        let columns = self.columns.get(table).map_or(&[][..], Vec::as_slice);
        columns
            .iter()
            .filter(|column| !column.is_generated)
            .map(|column| format!("\"{}\"", column.name.replace('"', "\"\"")))
            .collect()
    }

    /// Whether an INSERT into `table` must set `column`.
    pub(crate) fn must_be_given(&self, table: &str, column: &str) -> bool {
        let columns = self.columns.get(table).map_or(&[][..], Vec::as_slice);
        let mut named = columns.iter().filter(|known| known.name == column);
        named.any(|known| known.must_be_given)
    }

    /// Columns of `table` that an INSERT must set though they are not in `ours`, each with SQL for a neutral value.
    pub(crate) fn foreign_columns(
        &self,
        table: &str,
        ours: &[&str],
    ) -> Vec<(String, &'static str)> {
        let columns = self.columns.get(table).map_or(&[][..], Vec::as_slice);
        columns
            .iter()
            .filter(|column| column.must_be_given && !ours.contains(&column.name.as_str()))
            .map(|column| (quoted(&column.name), neutral(&column.declared)))
            .collect()
    }
}

/// Whether one of our tables has this name.
fn is_ours(name: &str) -> bool {
    TABLES
        .iter()
        .any(|table| table.name.eq_ignore_ascii_case(name))
}

/// SQL for a neutral value of a declared type.
fn neutral(declared: &str) -> &'static str {
    let declared = declared.to_ascii_uppercase();
    let is = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if is(&["TIME", "DATE"]) {
        "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    } else if is(&["JSON"]) {
        "'{}'"
    } else if is(&["INT", "BOOL", "REAL", "FLOA", "DOUB", "NUM", "DEC"]) {
        "0"
    } else {
        "''"
    }
}
