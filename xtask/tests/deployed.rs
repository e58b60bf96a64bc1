//! Deployed databases, and what the limit of `backfill` builds from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _};
use xtask::deployed::{DeployedAddress, fill_sqlite, rows};
use xtask::limits::statements::StatementWork;
use xtask::sql::{DatabaseKind, block_on, drop_triggers, execute, sqlite_options, sqlite_url};

const COUNT: u64 = 3_000;
const SEED: u64 = 1;

/// Number, addresses, sessions, name, registry.
type System = (u32, i64, i64, Option<String>, Option<String>);

#[test]
fn addresses_are_distinct_and_seven_in_ten_have_an_origin_that_their_document_names() {
    let rows: Vec<DeployedAddress> = rows(COUNT, SEED).unwrap().collect();
    let addresses: BTreeSet<_> = rows.iter().map(|row| row.address).collect();
    assert_eq!(addresses.len(), rows.len());
    let with_origin = rows.iter().filter(|row| row.asn.is_some()).count();
    assert!((1_950..2_250).contains(&with_origin), "{with_origin}");
    for row in rows {
        assert!(row.first_seen < row.last_seen);
        let document: Value = serde_json::from_str(&row.document).unwrap();
        let named = ["maxmind", "cymru"].map(|section| document[section]["asn"].as_u64());
        assert_eq!(
            named.into_iter().flatten().collect::<Vec<_>>(),
            row.asn.map(u64::from).into_iter().collect::<Vec<_>>()
        );
    }
}

#[test]
fn one_statement_builds_the_as_rows_of_an_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deployed.db");
    fill_sqlite(&file, COUNT, SEED).unwrap();
    drop_triggers(&file).unwrap();
    let url = sqlite_url(&file);
    execute(
        &url,
        &StatementWork::Backfill.statements(DatabaseKind::of(&url)),
    )
    .unwrap();
    let systems: Vec<System> = block_on(async {
        let mut connection = sqlite_options(&file).connect().await?;
        let systems = sqlx::query_as(
            "SELECT asn_number, unique_ip_count, total_session_count, organization_name, \
             NULLIF(rir_registry, '') FROM asn_inventory ORDER BY asn_number",
        )
        .fetch_all(&mut connection)
        .await?;
        connection.close().await?;
        Ok(systems)
    })
    .unwrap();
    let mut expected: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
    for row in rows(COUNT, SEED).unwrap() {
        if let Some(asn) = row.asn {
            let counts = expected.entry(asn).or_default();
            counts.0 += 1;
            counts.1 += i64::try_from(row.sessions).unwrap();
        }
    }
    let counts: BTreeMap<u32, (i64, i64)> = systems
        .iter()
        .map(|(asn, addresses, sessions, ..)| (*asn, (*addresses, *sessions)))
        .collect();
    assert_eq!(counts, expected);
    assert!(systems.iter().all(|(.., name, _)| name.is_some()));
    // Team Cymru was asked about some addresses of the largest AS, too.
    let largest = systems.iter().max_by_key(|(_, addresses, ..)| *addresses);
    assert!(largest.is_some_and(|(.., registry)| registry.is_some()));
}
