//! Databases created by another program.

use ipcascade_core::store::MigrateOptions;
use ipcascade_core::store::{BackfillOptions, Check, Maintenance as _, OpenMode, Reader as _};

use crate::support::*;

/// The tables as `SQLAlchemy` created them, with mandatory columns of their own, and rows that violate the foreign
/// keys.
const DEPLOYED: &str = r#"
CREATE TABLE schema_state ("key" VARCHAR(128) NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
INSERT INTO schema_state VALUES ('schema_version', '17');
CREATE TABLE asn_inventory (
  asn_number INTEGER NOT NULL, organization_name TEXT, organization_country VARCHAR(2),
  rir_registry VARCHAR(10), asn_type TEXT, is_known_hosting BOOLEAN DEFAULT 0 NOT NULL,
  is_known_vpn BOOLEAN DEFAULT 0 NOT NULL, first_seen DATETIME NOT NULL, last_seen DATETIME NOT NULL,
  unique_ip_count INTEGER DEFAULT '0' NOT NULL, total_session_count INTEGER DEFAULT '0' NOT NULL,
  enrichment JSON DEFAULT '{}' NOT NULL, enrichment_updated_at DATETIME,
  created_at DATETIME DEFAULT (CURRENT_TIMESTAMP) NOT NULL, updated_at DATETIME NOT NULL,
  PRIMARY KEY (asn_number));
CREATE TABLE ip_inventory (
  ip_address VARCHAR(45) NOT NULL, current_asn INTEGER, asn_last_verified DATETIME,
  first_seen DATETIME NOT NULL, last_seen DATETIME NOT NULL, session_count INTEGER DEFAULT '1' NOT NULL,
  enrichment JSON DEFAULT '{}' NOT NULL, enrichment_updated_at DATETIME,
  enrichment_version VARCHAR(10) DEFAULT '2.2', created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  geo_country VARCHAR(2) GENERATED ALWAYS AS (CASE WHEN json_valid(enrichment) THEN upper(coalesce(json_extract(enrichment, '$.maxmind.country'), 'XX')) END) VIRTUAL,
  risk_label TEXT NOT NULL,
  PRIMARY KEY (ip_address), FOREIGN KEY(current_asn) REFERENCES asn_inventory (asn_number));
CREATE INDEX ix_ip_inventory_current_asn ON ip_inventory (current_asn);
CREATE TABLE session_summaries (
  session_id VARCHAR(64) NOT NULL, first_event_at DATETIME, last_event_at DATETIME,
  event_count INTEGER NOT NULL, command_count INTEGER NOT NULL, vt_flagged BOOLEAN NOT NULL,
  source_files JSON, enrichment JSON, source_ip VARCHAR(45), snapshot_asn INTEGER,
  snapshot_country VARCHAR(2), enrichment_at DATETIME, created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL, PRIMARY KEY (session_id),
  FOREIGN KEY(source_ip) REFERENCES ip_inventory (ip_address));
INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count, enrichment, created_at, updated_at, risk_label) VALUES
 ('198.41.0.4', 15169, '2025-11-01 12:00:00.000000', '2025-11-05T12:00:00+00:00', 0,
  '{"maxmind": {"asn": 15169, "asn_org": "Google LLC", "country": "US", "cached_at": "2025-11-05T12:00:00+00:00"}}', '2025-11-01', '2025-11-05', 'low'),
 ('199.9.14.201', 15169, '2025-10-01 12:00:00', '2025-11-04 12:00:00', 1, '{"broken', '2025-11-01', '2025-11-05', 'low'),
 ('not-an-ip', NULL, 'never', 'never', 1, '[]', '2025-11-01', '2025-11-05', 'low');
INSERT INTO session_summaries (session_id, event_count, command_count, vt_flagged, source_ip, last_event_at, created_at, updated_at) VALUES
 ('old', 1, 0, 0, '198.41.0.4', '2025-11-05 12:00:00', '2025-11-05', '2025-11-05'),
 ('lost', 1, 0, 0, '192.5.5.241', '2025-11-05 13:00:00', '2025-11-05', '2025-11-05');
"#;

async fn deployed() -> Place {
    let place = Place::new();
    run(&mut place.foreign().await, DEPLOYED).await;
    place
}

#[tokio::test]
async fn adoption_is_additive_and_done_once() {
    let place = deployed().await;
    let config = ipcascade_store_sqlite::Config::default();
    let inspected = ipcascade_store_sqlite::open(&place.path, &config, OpenMode::Inspect)
        .await
        .unwrap();
    let steps = inspected
        .pending_migrations(&MigrateOptions::default())
        .await
        .unwrap();
    inspected.close().await;
    for step in &steps {
        assert!(
            !step.sql.contains("DROP") && !step.sql.contains("CREATE TABLE ip_inventory"),
            "{step:?}"
        );
    }
    let adds = |sql: &str| steps.iter().any(|step| step.sql.contains(sql));
    assert!(adds("ALTER TABLE session_summaries ADD COLUMN sensor"));
    assert!(adds("CREATE TABLE ip_asn_history"));
    assert!(
        !adds("ix_ip_inventory_current_asn"),
        "an index on it is there"
    );
    let store = place.open().await;
    assert_eq!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    let rows = all_addresses(&store).await;
    assert_eq!(rows.len(), 2, "what is no address cannot be listed");
    assert_eq!(rows[0].last_seen, at("2025-11-05T12:00:00Z"));
    assert!(rows[1].enrichment.to_json().contains("_unreadable"));
    let mut foreign = place.foreign().await;
    let state: String = sqlx::query_scalar("SELECT value FROM schema_state")
        .fetch_one(&mut foreign)
        .await
        .unwrap();
    assert_eq!(state, "17");
}

#[tokio::test]
async fn adopted_tables_are_written_with_their_own_columns() {
    let place = deployed().await;
    let store = place.open().await;
    let mut known = answered(
        update("198.41.0.4", "2026-01-01"),
        GEO,
        geo(4_200_000_000),
        "2026-01-01",
    );
    known.sessions = vec![
        session("old", "2025-11-05T12:00:00Z"),
        session("new", "2026-01-01"),
    ];
    let mut new = update("2001:500::1", "2026-01-01");
    new.sessions = vec![session("newer", "2026-01-01")];
    let dangling = update("192.5.5.241", "2026-01-01");
    let report = record(&store, &[known, new, dangling], "2026-01-02").await;
    assert_eq!(
        (
            report.addresses_new,
            report.addresses_moved,
            report.sessions_new
        ),
        (2, 1, 2)
    );
    assert_eq!(
        address(&store, "192.5.5.241").await.session_count,
        1,
        "its old session is counted"
    );
    let mut foreign = place.foreign().await;
    let (label, text): (String, String) = sqlx::query_as(
        "SELECT risk_label, first_seen FROM ip_inventory WHERE ip_address = '2001:500::1'",
    )
    .fetch_one(&mut foreign)
    .await
    .unwrap();
    assert_eq!(
        (label.as_str(), text.as_str()),
        ("", "2026-01-01 00:00:00.000000")
    );
    assert_eq!(
        store
            .history("198.41.0.4".parse().unwrap())
            .await
            .unwrap()
            .len(),
        2,
        "what it has left, and what it has moved to"
    );
}

#[tokio::test]
async fn backfill_and_repair_put_an_adopted_database_in_order() {
    let place = deployed().await;
    let store = place.open().await;
    let policy = policy();
    let options = BackfillOptions {
        policy: &policy,
        batch_size: 1,
        limit: None,
        since: None,
        overwrite_metadata: false,
        dry_run: false,
        now: at("2026-01-01"),
    };
    let report = store.backfill(&options, &|_| true).await.unwrap();
    assert_eq!((report.asns_created, report.addresses), (1, 2));
    let row = asn(&store, 15169).await;
    assert_eq!((row.unique_ip_count, row.total_session_count), (2, 1));
    assert_eq!(row.organization_name.as_deref(), Some("Google LLC"));
    assert_eq!(
        (row.first_seen, row.last_seen),
        (at("2025-10-01T12:00:00Z"), at("2025-11-05T12:00:00Z"))
    );
    let found = broken(&store).await;
    for check in [
        Check::SessionCount,
        Check::SessionAddressMissing,
        Check::DocumentShape,
    ] {
        assert!(
            found.iter().any(|(broken, _)| *broken == check),
            "{check:?} in {found:?}"
        );
    }
    store
        .repair(&repair_options(&policy), &|_| true)
        .await
        .unwrap();
    assert_eq!(
        broken(&store).await,
        [(Check::AddressSpelling, 1)],
        "what is no address stays"
    );
    let again = store
        .repair(&repair_options(&policy), &|_| true)
        .await
        .unwrap();
    assert!(again.repaired.is_empty(), "{again:?}");
}
