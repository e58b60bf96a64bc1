//! Indexes of values in sections, which are made on request.

use ipcascade_core::store::{MigrateOptions, MigrationStep, SectionKey, StoreResult, ValueIndex};
use ipcascade_store::sql::{LONGEST_VALUE, UNKNOWN_VALUE};
use ipcascade_store::stored_rows::count;
use ipcascade_store::value_index::index_name;
use sqlx::AssertSqlSafe;

use crate::catalog::Catalog;
use crate::engine::SqliteEngine;
use crate::error::Explain as _;

/// What their names begin with. Another way of writing a value needs another beginning: an index that does not have what a
/// statement asks for is not used.
const PREFIX: &str = "ix_ipcascade_value_";

/// SQL for a value, as [`Dialect::section_value`](ipcascade_store::sql::Dialect::section_value) describes it.
///
/// Versions of SQLite that write to the same file must agree on it, or one finds the index of another damaged: so fractions,
/// escaped ASCII and NUL, unpaired surrogates and deep documents are unknown, and nothing is used that was found to differ.
/// Of two members of the same name the first one counts for SQLite, and the last one for us: both are unknown. Text that is
/// JSON as a whole may be a document that is encoded twice. Most documents without a section are seen to be so without being
/// parsed.
pub(crate) fn value(SectionKey { provider, key }: SectionKey, document: &str) -> String {
    let d = document;
    let value = format!("json_extract({d}, '$.{provider}.{key}')");
    let kind = format!("json_type({d}, '$.{provider}.{key}')");
    let both = format!("json_extract({d}, '$.{provider}.{key}', '$.{provider}.{key}')");
    let is_twice = |name: &str, text: &str| {
        let name = format!("'\"{name}\"'");
        format!("instr(substr({text}, instr({text}, {name}) + 1), {name}) > 0")
    };
    // A section with a key of its own name has it once inside.
    let of_section = match provider.as_str() == key {
        true => {
            format!("length({d}) - length(replace({d}, '\"{key}\"', '')) > 2 * length('\"{key}\"')")
        }
        false => is_twice(provider.as_str(), d),
    };
    let is_unknown = [
        format!("json_type({d}) = 'text'"),
        of_section,
        is_twice(
            key,
            &format!("coalesce(json_extract({d}, '$.{provider}'), '')"),
        ),
        format!("typeof({value}) = 'real'"),
        format!("{kind} = 'integer' AND {value} = 0 AND {both} <> '[0,0]'"),
    ];
    format!(
        "CASE WHEN instr({d}, '\"{provider}\"') = 0 AND instr({d}, '\\') = 0 THEN NULL \
         WHEN {d} GLOB '*\\u00[0-7]*' OR {d} GLOB '*\\u[dD][89a-fA-F]*' OR {} THEN '{UNKNOWN_VALUE}' \
         WHEN json_valid({d}) THEN CASE WHEN {} THEN '{UNKNOWN_VALUE}' WHEN {kind} IN ('true', 'false') THEN {kind} \
         ELSE substr(nullif(json_quote({value}), 'null'), 1, {LONGEST_VALUE}) END END",
        may_be_deep(d),
        is_unknown.join(" OR "),
    )
}

/// Versions differ in how deep a document may be, from a thousand lists and objects in each other on.
fn may_be_deep(document: &str) -> String {
    format!(
        "length({document}) > 2000 AND length({document}) - length(replace(replace({document}, '[', ''), '{{', '')) > 900"
    )
}

/// The statement for what the names of those end with that there are.
pub(crate) fn names() -> String {
    there("")
}

/// The same with `more` columns.
fn there(more: &str) -> String {
    format!(
        "SELECT substr(m.name, {}){more} FROM sqlite_master m \
         WHERE m.type = 'index' AND m.name GLOB '{PREFIX}*' ORDER BY m.name",
        PREFIX.len() + 1
    )
}

/// Adds the steps that `options` ask for.
pub(crate) fn add_steps(
    catalog: &Catalog,
    options: &MigrateOptions,
    steps: &mut Vec<MigrationStep>,
) -> StoreResult<()> {
    for &key in &options.indexes {
        let name = index_name(PREFIX, key)?;
        if !catalog.has_index(&name) {
            let value = value(key, "enrichment");
            steps.push(MigrationStep {
                description: format!("index of values of {key}"),
                sql: format!(
                    "CREATE INDEX {name} ON ip_inventory ({value}, ip_address) WHERE {value} IS NOT NULL"
                ),
            });
        }
    }
    for &key in &options.dropped_indexes {
        let name = index_name(PREFIX, key)?;
        if catalog.has_index(&name) {
            steps.push(MigrationStep {
                description: format!("drop the index of values of {key}"),
                sql: format!("DROP INDEX {name}"),
            });
        }
    }
    Ok(())
}

impl SqliteEngine {
    pub(crate) async fn read_value_indexes(&self) -> StoreResult<Vec<ValueIndex>> {
        let bytes =
            "(SELECT sum(d.pgsize) FROM dbstat d WHERE d.name = m.name AND d.aggregate = 1)";
        let sql = AssertSqlSafe(there(&format!(", {bytes}")));
        let rows = sqlx::query_as::<_, (String, Option<i64>)>(sql)
            .fetch_all(&self.readers)
            .await;
        let rows = rows.explain(&self.path, "read the indexes")?.into_iter();
        let index = |(key, bytes)| ValueIndex {
            key,
            bytes: count(bytes),
            is_finished: true,
        };
        Ok(rows.map(index).collect())
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::provider_name::ProviderName;
    use sqlx::{Connection as _, Row as _, SqliteConnection};

    use super::*;

    const COUNTRY: SectionKey = SectionKey {
        provider: ProviderName::new("geo"),
        key: "country",
    };

    async fn indexed() -> SqliteConnection {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let value = value(COUNTRY, "enrichment");
        let sql = format!(
            "CREATE TABLE ip_inventory (ip_address TEXT PRIMARY KEY, enrichment JSON);
             CREATE INDEX ix ON ip_inventory ({value}, ip_address) WHERE {value} IS NOT NULL"
        );
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        connection
    }

    #[tokio::test]
    async fn a_value_is_the_one_that_a_document_is_read_with_or_unknown() {
        let mut connection = indexed().await;
        let long = format!(r#"{{"geo":{{"country":"{}"}}}}"#, "x".repeat(200));
        let cut = format!("\"{}", "x".repeat(LONGEST_VALUE - 1));
        for (document, expected) in [
            (r#"{"geo":{"country":"NL"}}"#, Some("\"NL\"")),
            (r#"{"geo":{"country":"N\u004c"}}"#, Some("?")),
            (r#"{"geo":{"country":"\u00d6"}}"#, Some("\"Ö\"")),
            (r#"{"geo":{"country":"\ud83d\ude00"}}"#, Some("?")),
            (r#"{"geo":{"country":1.5}}"#, Some("?")),
            (r#"{"geo":{"country":-0}}"#, Some("?")),
            (r#"{"geo":{"country":0}}"#, Some("0")),
            (r#"{"geo":{"country":7}}"#, Some("7")),
            (r#"{"geo":{"country":1E400}}"#, Some("?")),
            (r#"{"geo":{"country":true}}"#, Some("true")),
            (r#"{"geo":{"country":["a", 1.50]}}"#, Some(r#"["a",1.50]"#)),
            (r#"{"g\u0065o":{"country":"NL"}}"#, Some("?")),
            (r#"{"geo":{"country":null}}"#, None),
            (r#"{"geo":{}}"#, None),
            (r#"{"geo":5}"#, None),
            (
                r#"{"x":{"country":"DE"},"geo":{"country":"NL"}}"#,
                Some("\"NL\""),
            ),
            (
                r#"{"_failures":{"geo":{}},"geo":{"country":"NL"}}"#,
                Some("?"),
            ),
            (r#"{"geo":{"country":"NL","country":"DE"}}"#, Some("?")),
            (
                r#"{"geo":{"country":"NL"},"geo":{"country":"DE"}}"#,
                Some("?"),
            ),
            (r#""{\"geo\":{\"country\":\"NL\"}}""#, Some("?")),
            (&long, Some(&cut)),
            ("{", None),
            ("", None),
            ("[]", None),
        ] {
            let sql = format!("SELECT {}", value(COUNTRY, "$1"));
            let found: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(document)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(found.as_deref(), expected, "{document}");
            // No row of another program is refused.
            sqlx::query("INSERT INTO ip_inventory VALUES ($1, $1)")
                .bind(document)
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn a_section_may_have_a_key_of_its_own_name() {
        let lists = SectionKey {
            provider: ProviderName::new("lists"),
            key: "lists",
        };
        let mut connection = indexed().await;
        for (document, expected) in [
            (r#"{"lists":{"lists":["tor"]}}"#, r#"["tor"]"#),
            (r#"{"lists":{"lists":["tor"]},"lists":{}}"#, "?"),
        ] {
            let sql = format!("SELECT {}", value(lists, "$1"));
            let found: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(document)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{document}");
        }
    }

    #[tokio::test]
    async fn values_and_addresses_are_read_from_the_index_alone() {
        let mut connection = indexed().await;
        let value = value(COUNTRY, "i.enrichment");
        for (sql, plan) in [
            (
                format!(
                    "SELECT i.ip_address FROM ip_inventory i WHERE {value} IN (SELECT j.value FROM json_each('[]') j)"
                ),
                "USING COVERING INDEX ix (<expr>=?)",
            ),
            (
                format!(
                    "SELECT {value} FROM ip_inventory i WHERE {value} > '' ORDER BY {value} LIMIT 1"
                ),
                "USING COVERING INDEX ix (<expr>>?)",
            ),
            (
                format!(
                    "SELECT {value} FROM ip_inventory i WHERE {value} IS NOT NULL ORDER BY {value} LIMIT 1"
                ),
                "USING COVERING INDEX ix",
            ),
        ] {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let detail: String = rows[0].get("detail");
            assert!(detail.contains(plan), "{detail}");
        }
    }
}
