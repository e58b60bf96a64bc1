//! Checks that the tables are the inventory, that all rows are visible, and that everything is counted.
//!
//! Statements that count, repair or copy believe what they see. So this is checked when the inventory is opened: hidden
//! rows would be missing from every sum.

use ipcascade_store::schema::{
    ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, TABLES,
};
use sqlx::Row as _;

use crate::connection::Connection;

/// The tables whose rows must all be visible; the first one identifies the schema of the inventory.
const BOOKS: [&str; 4] = [
    IP_INVENTORY.name,
    ASN_INVENTORY.name,
    SESSION_SUMMARIES.name,
    IP_ASN_HISTORY.name,
];

/// Where the inventory is, and what prevents it from being read or counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The schema that holds the inventory, or will.
    pub(crate) schema: String,
    /// The search path of the server.
    pub(crate) path: String,
    pub(crate) role: String,
    /// Relations with the name of a table that are something else, with their kind.
    pub(crate) impostors: Vec<(String, &'static str)>,
    /// Tables in which row-level security hides rows from this role.
    pub(crate) hidden: Vec<String>,
    /// Tables in which it hides rows from the functions that count, with their owner.
    pub(crate) hidden_from_counting: Vec<(String, String)>,
}

impl Surroundings {
    pub(crate) async fn read(connection: &mut Connection) -> Result<Self, sqlx::Error> {
        let row = sqlx::query(
            "SELECT coalesce(
                        (SELECT n.nspname::text FROM unnest($1) WITH ORDINALITY AS t (name, number)
                         JOIN pg_class c ON c.oid = to_regclass(t.name) AND c.relpersistence <> 't'
                         JOIN pg_namespace n ON n.oid = c.relnamespace
                         ORDER BY t.number LIMIT 1),
                        (SELECT s.name::text FROM unnest(current_schemas(false)) WITH ORDINALITY AS s (name, number)
                         WHERE s.name <> 'pg_catalog' ORDER BY s.number LIMIT 1),
                        'public'),
                    current_setting('search_path'), current_user::text",
        )
        .bind(BOOKS)
        .fetch_one(&mut *connection)
        .await?;
        let mut found = Self {
            schema: row.try_get(0)?,
            path: row.try_get(1)?,
            role: row.try_get(2)?,
            ..Self::default()
        };
        found.read_impostors(connection).await?;
        found.read_hidden(connection).await?;
        Ok(found)
    }

    async fn read_impostors(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let others = sqlx::query(
            "SELECT c.relname::text, c.relkind::text FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind NOT IN ('r', 'p')
             ORDER BY c.relname",
        )
        .bind(&self.schema)
        .bind(&names)
        .fetch_all(connection)
        .await?;
        for row in others {
            let kind: String = row.try_get(1)?;
            self.impostors.push((row.try_get(0)?, words(&kind)));
        }
        Ok(())
    }

    async fn read_hidden(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let hidden: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT c.relname::text, NULL FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND row_security_active(c.oid)
             UNION
             SELECT c.relname::text, r.rolname::text FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_proc p ON p.pronamespace = n.oid AND p.prosecdef
                AND starts_with(p.proname, 'ipcascade_')
             JOIN pg_roles r ON r.oid = p.proowner AND NOT r.rolsuper AND NOT r.rolbypassrls
             WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relrowsecurity
               AND (c.relforcerowsecurity OR NOT pg_has_role(p.proowner, c.relowner, 'USAGE'))
             ORDER BY 1",
        )
        .bind(&self.schema)
        .bind(BOOKS)
        .fetch_all(connection)
        .await?;
        for (table, owner) in hidden {
            match owner {
                None => self.hidden.push(table),
                Some(owner) => self.hidden_from_counting.push((table, owner)),
            }
        }
        Ok(())
    }

    /// The path along which names are looked up in our transactions: the inventory first, temporary tables last.
    pub(crate) fn search_path(&self) -> String {
        let first = ipcascade_store::sql::quoted(&self.schema);
        match self.path.trim() {
            "" => format!("{first}, pg_temp"),
            path => format!("{first}, {path}, pg_temp"),
        }
    }
}

/// The name of a kind of relation.
fn words(kind: &str) -> &'static str {
    match kind {
        "v" => "a view",
        "m" => "a materialized view",
        "f" => "a foreign table",
        "i" | "I" => "an index",
        "S" => "a sequence",
        "c" => "a type",
        _ => "something else",
    }
}
