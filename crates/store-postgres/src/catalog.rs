//! The actual tables, columns, indexes, functions and triggers of the current schema.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_store::schema::{SCHEMA_MARK, TABLES};
use ipcascade_store::sql::quoted;
use ipcascade_store::stored_rows::count;
use sqlx::{AssertSqlSafe, Row as _};

use crate::connection::Connection;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnFacts {
    /// Its type without modifiers, such as `integer` or `timestamp with time zone`.
    pub(crate) kind: String,
    /// Whether an INSERT must set it.
    pub(crate) must_be_given: bool,
    /// Whether it may be NULL.
    pub(crate) is_nullable: bool,
    /// The maximum number of characters, if limited.
    pub(crate) max_chars: Option<i32>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionFacts {
    pub(crate) source: String,
    pub(crate) is_immutable: bool,
    pub(crate) is_parallel_safe: bool,
    pub(crate) is_security_definer: bool,
    /// Settings that hold while it runs, as `name=value`.
    pub(crate) settings: BTreeSet<String>,
}

/// The part of the catalogs that concerns the inventory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    /// The schema in which names are looked up and created.
    pub(crate) schema: String,
    /// The same as the server writes it in lists: quoted if needed.
    pub(crate) schema_in_lists: String,
    /// Whether texts are in UTF-8.
    pub(crate) is_utf8: bool,
    /// The inventory's tables, ours or adopted, with their columns.
    pub(crate) tables: BTreeMap<String, BTreeMap<String, ColumnFacts>>,
    /// Tables that are partitioned.
    pub(crate) partitioned: BTreeSet<String>,
    /// The size of each table in bytes.
    pub(crate) sizes: BTreeMap<String, u64>,
    /// For each index: table, and its columns, joined by `,`.
    pub(crate) indexes: BTreeSet<(String, String)>,
    /// The names of finished indexes.
    pub(crate) valid_indexes: BTreeSet<String>,
    /// The names of unfinished ones.
    pub(crate) invalid_indexes: BTreeSet<String>,
    /// Functions with our prefix, by name and arguments.
    pub(crate) functions: BTreeMap<(String, String), FunctionFacts>,
    /// Triggers: table and name, and whether they fire in every session.
    pub(crate) triggers: BTreeMap<(String, String), bool>,
    /// Single-column foreign keys: table and column.
    pub(crate) foreign_keys: BTreeSet<(String, String)>,
    /// The schema version that was last recorded.
    pub(crate) version: Option<i32>,
}

/// The names of the inventory's tables.
fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

impl Catalog {
    /// Reads what is in `schema`.
    pub(crate) async fn read(
        connection: &mut Connection,
        schema: &str,
    ) -> Result<Self, sqlx::Error> {
        let (schema_in_lists, is_utf8) =
            sqlx::query_as("SELECT quote_ident($1), getdatabaseencoding() = 'UTF8'")
                .bind(schema)
                .fetch_one(&mut *connection)
                .await?;
        let mut catalog = Self {
            schema: schema.to_owned(),
            schema_in_lists,
            is_utf8,
            ..Self::default()
        };
        catalog.read_columns(connection).await?;
        catalog.read_tables(connection).await?;
        catalog.read_indexes(connection).await?;
        catalog.read_functions(connection).await?;
        catalog.read_triggers(connection).await?;
        catalog.read_foreign_keys(connection).await?;
        catalog.read_version(connection).await?;
        Ok(catalog)
    }

    async fn read_columns(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let names = names();
        let columns = sqlx::query(
            "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
                    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
                    CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4
                         THEN a.atttypmod - 4 END,
                    NOT a.attnotnull
             FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p')",
        )
        .bind(&self.schema)
        .bind(&names)
        .fetch_all(connection)
        .await?;
        for row in columns {
            let facts = ColumnFacts {
                kind: row.try_get(2)?,
                must_be_given: row.try_get(3)?,
                max_chars: row.try_get(4)?,
                is_nullable: row.try_get(5)?,
            };
            let table = self.tables.entry(row.try_get(0)?).or_default();
            table.insert(row.try_get(1)?, facts);
        }
        Ok(())
    }

    async fn read_tables(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let names = names();
        let tables = sqlx::query(
            "SELECT c.relname::text, c.relkind = 'p', pg_table_size(c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p')",
        )
        .bind(&self.schema)
        .bind(&names)
        .fetch_all(connection)
        .await?;
        for row in tables {
            let name: String = row.try_get(0)?;
            if row.try_get(1)? {
                self.partitioned.insert(name.clone());
            }
            let rows: i64 = row.try_get(2)?;
            self.sizes.insert(name, count(Some(rows)));
        }
        Ok(())
    }

    async fn read_indexes(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let names = names();
        let indexes = sqlx::query(
            "SELECT c.relname::text,
                    (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, true), ',' ORDER BY k)
                     FROM generate_series(1, i.indnkeyatts) AS k)
             FROM pg_index i
             JOIN pg_class c ON c.oid = i.indrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND i.indisvalid AND i.indpred IS NULL",
        )
        .bind(&self.schema)
        .bind(&names)
        .fetch_all(&mut *connection)
        .await?;
        for row in indexes {
            self.indexes.insert((row.try_get(0)?, row.try_get(1)?));
        }
        let names: Vec<(String, bool)> = sqlx::query_as(
            "SELECT x.relname::text, i.indisvalid FROM pg_index i
             JOIN pg_class x ON x.oid = i.indexrelid
             JOIN pg_class c ON c.oid = i.indrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY ($2)",
        )
        .bind(&self.schema)
        .bind(&names)
        .fetch_all(&mut *connection)
        .await?;
        for (name, is_valid) in names {
            match is_valid {
                true => self.valid_indexes.insert(name),
                false => self.invalid_indexes.insert(name),
            };
        }
        Ok(())
    }

    async fn read_functions(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let functions = sqlx::query(
            "SELECT p.proname::text, pg_get_function_identity_arguments(p.oid), p.prosrc,
                    p.provolatile = 'i', p.proparallel = 's', p.prosecdef,
                    coalesce(p.proconfig, '{}')
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = $1 AND starts_with(p.proname, 'ipcascade_')",
        )
        .bind(&self.schema)
        .fetch_all(connection)
        .await?;
        for row in functions {
            let facts = FunctionFacts {
                source: row.try_get(2)?,
                is_immutable: row.try_get(3)?,
                is_parallel_safe: row.try_get(4)?,
                is_security_definer: row.try_get(5)?,
                settings: row.try_get::<Vec<String>, _>(6)?.into_iter().collect(),
            };
            let key = (row.try_get(0)?, row.try_get(1)?);
            self.functions.insert(key, facts);
        }
        Ok(())
    }

    async fn read_triggers(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let triggers = sqlx::query(
            "SELECT c.relname::text, t.tgname::text, t.tgenabled IN ('O', 'A')
             FROM pg_trigger t
             JOIN pg_class c ON c.oid = t.tgrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND starts_with(t.tgname, 'ipcascade_')",
        )
        .bind(&self.schema)
        .fetch_all(connection)
        .await?;
        for row in triggers {
            let key = (row.try_get(0)?, row.try_get(1)?);
            self.triggers.insert(key, row.try_get(2)?);
        }
        Ok(())
    }

    async fn read_foreign_keys(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let foreign_keys = sqlx::query(
            "SELECT c.relname::text, a.attname::text FROM pg_constraint k
             JOIN pg_class c ON c.oid = k.conrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
             WHERE n.nspname = $1 AND k.contype = 'f' AND k.convalidated
               AND cardinality(k.conkey) = 1",
        )
        .bind(&self.schema)
        .fetch_all(connection)
        .await?;
        for row in foreign_keys {
            let key = (row.try_get(0)?, row.try_get(1)?);
            self.foreign_keys.insert(key);
        }
        Ok(())
    }

    async fn read_version(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        if self.tables.contains_key(SCHEMA_MARK.name) {
            // Where names are looked up is settled only after this: it may be nowhere near.
            let (schema, table) = (quoted(&self.schema), SCHEMA_MARK.name);
            let newest = format!("SELECT max(version) FROM {schema}.{table}");
            self.version = sqlx::query_scalar(AssertSqlSafe(newest))
                .fetch_one(connection)
                .await?;
        }
        Ok(())
    }

    /// The type of a column, if the column is there.
    pub(crate) fn kind(&self, table: &str, column: &str) -> Option<&str> {
        Some(self.tables.get(table)?.get(column)?.kind.as_str())
    }
}
