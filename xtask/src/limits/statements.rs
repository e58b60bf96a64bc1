//! Work that a database does by itself, in a few statements.

use clap::ValueEnum;

use super::TABLES;
use crate::sql::DatabaseKind;

/// The kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatementWork {
    /// Read each row by its key.
    Read,
    /// Build AS rows from address rows.
    Backfill,
    /// Count violations of invariants.
    Verify,
}

impl StatementWork {
    /// The statements.
    pub fn statements(self, engine: DatabaseKind<'_>) -> Vec<String> {
        match self {
            Self::Read => read(engine),
            Self::Backfill => vec![backfill(engine)],
            Self::Verify => verify(engine),
        }
    }
}

fn read(engine: DatabaseKind<'_>) -> Vec<String> {
    let mut statements = Vec::new();
    if engine == DatabaseKind::Postgres {
        // Otherwise it would read whole tables, since all rows are wanted.
        for way in ["enable_hashjoin", "enable_mergejoin", "jit"] {
            statements.push(format!("SET LOCAL {way} = off"));
        }
    }
    statements.extend(TABLES.map(|(table, key, column)| {
        format!(
            "SELECT count(*), sum(length(CAST(r.{column} AS TEXT))) FROM \
             (SELECT {key} AS key FROM {table} ORDER BY {key}) k JOIN {table} r ON r.{key} = k.key"
        )
    }));
    statements
}

/// A value of a document as text, from one of its sections.
fn value(engine: DatabaseKind<'_>, section: &str, field: &str) -> String {
    match engine {
        DatabaseKind::Sqlite(_) => format!("json_extract(enrichment, '$.{section}.{field}')"),
        DatabaseKind::Postgres => format!("enrichment -> '{section}' ->> '{field}'"),
    }
}

/// Names, countries and registries are the most common ones. They are counted once and for all addresses together, so
/// that the documents are read once.
fn backfill(engine: DatabaseKind<'_>) -> String {
    let [first, second] = ["maxmind", "cymru"].map(|section| value(engine, section, "asn_org"));
    let [country, registry] = ["country", "registry"].map(|field| value(engine, "cymru", field));
    let most = |column: &str| match engine {
        DatabaseKind::Sqlite(_) => format!("substr(max(printf('%09d', n) || {column}), 10)"),
        DatabaseKind::Postgres => {
            format!("substr(max(lpad(n::text, 9, '0') || {column} COLLATE \"C\"), 10)")
        }
    };
    let [name, country_of_most, registry_of_most] = ["name", "country", "registry"].map(most);
    format!(
        "INSERT INTO asn_inventory (asn_number, organization_name, organization_country, rir_registry, \
         first_seen, last_seen, unique_ip_count, total_session_count) \
         SELECT current_asn, {name}, {country_of_most}, {registry_of_most}, \
         min(first_seen), max(last_seen), sum(n), sum(sessions) FROM \
         (SELECT current_asn, coalesce({first}, {second}) AS name, {country} AS country, {registry} AS registry, \
         min(first_seen) AS first_seen, max(last_seen) AS last_seen, count(*) AS n, sum(session_count) AS sessions \
         FROM ip_inventory WHERE current_asn IS NOT NULL GROUP BY 1, 2, 3, 4) counted GROUP BY current_asn"
    )
}

/// Prefixes and the spelling of addresses are left out: SQLite's SQL cannot express them.
fn verify(engine: DatabaseKind<'_>) -> Vec<String> {
    let [first, second] = ["maxmind", "cymru"].map(|section| value(engine, section, "asn"));
    let (kind, different) = match engine {
        DatabaseKind::Sqlite(_) => ("json_type", "IS NOT"),
        DatabaseKind::Postgres => ("jsonb_typeof", "IS DISTINCT FROM"),
    };
    let by_system = "SELECT current_asn, count(*) AS addresses, sum(session_count) AS sessions, \
                     min(first_seen) AS first_seen, max(last_seen) AS last_seen \
                     FROM ip_inventory WHERE current_asn IS NOT NULL GROUP BY current_asn";
    let systems = |broken: &str| {
        format!(
            "SELECT count(*) FROM asn_inventory a LEFT JOIN ({by_system}) i \
             ON i.current_asn = a.asn_number WHERE {broken}"
        )
    };
    let addresses = |broken: &str| format!("SELECT count(*) FROM ip_inventory i WHERE {broken}");
    vec![
        addresses(
            "current_asn IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn)",
        ),
        systems("a.unique_ip_count <> coalesce(i.addresses, 0)"),
        systems("a.total_session_count <> coalesce(i.sessions, 0)"),
        systems("a.first_seen > i.first_seen OR a.last_seen < i.last_seen"),
        "SELECT count(*) FROM ip_inventory i LEFT JOIN (SELECT source_ip, count(*) AS n \
         FROM session_summaries GROUP BY source_ip) s ON s.source_ip = i.ip_address \
         WHERE i.session_rows <> coalesce(s.n, 0) OR i.session_count < i.session_rows + i.sessions_without_row"
            .to_owned(),
        addresses("last_seen < first_seen"),
        "SELECT count(*) FROM asn_inventory WHERE last_seen < first_seen".to_owned(),
        "SELECT count(*) FROM session_summaries s WHERE source_ip IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip)"
            .to_owned(),
        addresses(
            "current_asn IS NOT NULL \
             AND EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address) \
             AND NOT EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address \
             AND h.asn_number = i.current_asn)",
        ),
        addresses(&format!("{kind}(enrichment) <> 'object'")),
        addresses(&format!(
            "CAST(coalesce({first}, {second}) AS BIGINT) {different} current_asn"
        )),
        addresses(&format!(
            "{} IS NOT NULL AND current_asn IS NOT NULL",
            value(engine, "validation", "reason")
        )),
    ]
}
