//! Statistics stay exact under other programs' SQL.

use ipcascade_core::store::{Check, Reader as _};

use crate::support::*;

#[tokio::test]
async fn statistics_follow_foreign_statements() {
    let place = Place::new();
    let store = place.open().await;
    let mut first = answered(
        update("198.41.0.4", "2026-01-02"),
        GEO,
        geo(1),
        "2026-01-01",
    );
    first.sessions = vec![session("a", "2026-01-02")];
    record(&store, &[first], "2026-01-02").await;
    let mut foreign = place.foreign().await;
    let statements = [
        // Upserts count by their effect.
        "INSERT INTO session_summaries (session_id, source_ip) VALUES ('b', '198.41.0.4')",
        "INSERT INTO session_summaries (session_id, source_ip) VALUES ('b', '198.41.0.4') \
         ON CONFLICT (session_id) DO UPDATE SET event_count = 9",
        // An address with a wrong count and a foreign time format, before its AS, which gets a row with it.
        "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count) \
         VALUES ('199.9.14.201', 2, '2025-12-31T23:59:59.999999+01:00', '2026-03-01T00:00:00.5Z', 1)",
        "INSERT INTO asn_inventory (asn_number, first_seen, last_seen) VALUES (2, '2026-01-01', '2026-01-01') \
         ON CONFLICT DO UPDATE SET organization_name = 'Foreign'",
        "INSERT INTO asn_inventory (asn_number, first_seen, last_seen) VALUES (3, '2026-01-01', '2026-01-01')",
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at) VALUES ('199.9.14.201', 2, '2026-01-01')",
        "UPDATE session_summaries SET source_ip = '199.9.14.201' WHERE session_id = 'b'",
        "UPDATE ip_inventory SET first_seen = '2020-01-01 00:00:00+00:00' WHERE ip_address = '198.41.0.4'",
        "UPDATE ip_inventory SET current_asn = 1",
        "INSERT OR IGNORE INTO ip_asn_history (ip_address, asn_number, observed_at) VALUES ('199.9.14.201', 1, '2026-01-01')",
        "DELETE FROM session_summaries WHERE session_id = 'a'",
        "DELETE FROM ip_inventory WHERE ip_address = '198.41.0.4'",
    ];
    for statement in statements {
        run(&mut foreign, statement).await;
        let found: Vec<_> = broken(&store)
            .await
            .into_iter()
            .filter(|(check, _)| !matches!(check, Check::HistoryMissing | Check::Attribution))
            .collect();
        assert_eq!(found, [], "after {statement}");
    }
    let row = asn(&store, 1).await;
    assert_eq!((row.unique_ip_count, row.total_session_count), (1, 1));
    assert_eq!(row.first_seen, at("2020-01-01"));
    assert_eq!(
        asn(&store, 2).await.first_seen,
        at("2025-12-31T22:59:59.999999Z")
    );
}

/// SQLite enforces foreign keys only on request: sessions may exist before their address.
#[tokio::test]
async fn sessions_of_a_new_address_that_were_there_before_get_their_snapshot() {
    let place = Place::new();
    let store = place.open().await;
    let mut foreign = place.foreign().await;
    run(
        &mut foreign,
        "INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4'), ('b', '199.9.14.201')",
    )
    .await;
    let new = |address, asn| answered(update(address, "2026-01-02"), GEO, geo(asn), "2026-01-01");
    let updates = [new("198.41.0.4", 1), new("192.33.4.12", 2)];
    record(&store, &updates, "2026-01-02").await;
    let snapshots: Vec<(String, Option<i64>, bool)> = sqlx::query_as(
        "SELECT session_id, snapshot_asn, enrichment_at IS NOT NULL FROM session_summaries ORDER BY 1",
    )
    .fetch_all(&mut foreign)
    .await
    .unwrap();
    let expected = [("a", Some(1), true), ("b", None, false)];
    assert_eq!(
        snapshots,
        expected.map(|(id, asn, is)| (id.to_owned(), asn, is))
    );
    let counts: Vec<(String, i64)> =
        sqlx::query_as("SELECT ip_address, session_count FROM ip_inventory ORDER BY 1")
            .fetch_all(&mut foreign)
            .await
            .unwrap();
    let expected = [("192.33.4.12", 0), ("198.41.0.4", 1)];
    assert_eq!(counts, expected.map(|(ip, count)| (ip.to_owned(), count)));
}

/// `REPLACE` removes rows without firing the triggers for deleting, unless `recursive_triggers` is on.
#[tokio::test]
async fn sessions_that_are_replaced_are_counted_once() {
    for recursive in ["OFF", "ON"] {
        let place = Place::new();
        let store = place.open().await;
        let mut foreign = place.foreign().await;
        run(
            &mut foreign,
            &format!("PRAGMA recursive_triggers = {recursive}"),
        )
        .await;
        let rows = "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count) VALUES \
            ('198.41.0.4', '2026-01-01', '2026-01-01', 1), ('199.9.14.201', '2026-01-01', '2026-01-01', 0)";
        run(&mut foreign, rows).await;
        let replace = |address: &str| {
            format!(
                "REPLACE INTO session_summaries (session_id, source_ip) VALUES ('a', {address})"
            )
        };
        for (address, expected) in [
            ("'198.41.0.4'", (1, 0)),
            ("'198.41.0.4'", (1, 0)),
            ("'199.9.14.201'", (0, 1)),
            ("NULL", (0, 0)),
            ("'199.9.14.201'", (0, 1)),
        ] {
            run(&mut foreign, &replace(address)).await;
            let counts = (
                crate::support::address(&store, "198.41.0.4")
                    .await
                    .session_count,
                crate::support::address(&store, "199.9.14.201")
                    .await
                    .session_count,
            );
            assert_eq!(
                counts, expected,
                "{address}, recursive_triggers {recursive}"
            );
            assert_eq!(broken(&store).await, []);
        }
        // An upsert that changes the row, or an insert that is ignored, leaves nothing behind.
        for statement in [
            "INSERT OR IGNORE INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4')",
            "INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4') \
             ON CONFLICT (session_id) DO UPDATE SET source_ip = excluded.source_ip",
            "DELETE FROM session_summaries",
            "INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4')",
        ] {
            run(&mut foreign, statement).await;
            assert_eq!(broken(&store).await, [], "{statement}");
        }
        let row = crate::support::address(&store, "198.41.0.4").await;
        assert_eq!(row.session_count, 1);
    }
}

/// The same for addresses: the AS that the row leaves no longer counts it.
#[tokio::test]
async fn addresses_that_are_replaced_are_counted_once() {
    for recursive in ["OFF", "ON"] {
        let place = Place::new();
        let store = place.open().await;
        let mut foreign = place.foreign().await;
        let pragma = format!("PRAGMA recursive_triggers = {recursive}");
        run(&mut foreign, &pragma).await;
        let systems = "INSERT INTO asn_inventory (asn_number, first_seen, last_seen) VALUES \
            (1, '2026-01-01', '2026-01-01'), (2, '2026-01-01', '2026-01-01')";
        run(&mut foreign, systems).await;
        let row = |asn: &str, sessions: u32| {
            format!(
                "INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count) \
                 VALUES ('198.41.0.4', {asn}, '2026-01-01', '2026-01-01', {sessions})"
            )
        };
        for statement in [
            format!("REPLACE {}", row("1", 3)),
            format!("REPLACE {}", row("1", 2)),
            format!("REPLACE {}", row("2", 5)),
            format!("REPLACE {}", row("NULL", 5)),
            format!("REPLACE {}", row("2", 1)),
            // These leave a record behind that must have no effect.
            format!("INSERT OR IGNORE {}", row("1", 1)),
            format!(
                "INSERT {} ON CONFLICT (ip_address) DO UPDATE SET current_asn = excluded.current_asn",
                row("1", 1)
            ),
            "DELETE FROM ip_inventory".to_owned(),
            format!("INSERT {}", row("2", 4)),
            format!("REPLACE {}", row("1", 4)),
        ] {
            run(&mut foreign, &statement).await;
            let found = broken(&store).await.into_iter();
            let counts = found.filter(|(check, _)| {
                matches!(check, Check::UniqueIpCount | Check::TotalSessionCount)
            });
            assert_eq!(counts.collect::<Vec<_>>(), [], "{statement}, {recursive}");
        }
        let (one, two) = (asn(&store, 1).await, asn(&store, 2).await);
        assert_eq!((one.unique_ip_count, two.unique_ip_count), (1, 0));
    }
}

/// What stands in a file that another program has written is text, not SQL of ours.
#[tokio::test]
async fn a_trigger_with_a_name_like_ours_is_not_ours_and_its_name_is_not_executed() {
    let place = Place::new();
    place.open().await.close().await;
    let other = place.folder.path().join("other.db");
    let mut foreign = place.foreign().await;
    let name = format!(
        "ipcascade_x\"\"; ATTACH '{}' AS o; CREATE TABLE o.t (a); --",
        other.display()
    );
    let create =
        format!("CREATE TRIGGER \"{name}\" AFTER INSERT ON ip_inventory BEGIN SELECT 1; END");
    run(&mut foreign, &create).await;

    let store = place.open().await;
    let mut first = answered(
        update("198.41.0.4", "2026-01-02"),
        GEO,
        geo(1),
        "2026-01-01",
    );
    first.sessions = vec![session("a", "2026-01-02")];
    record(&store, &[first], "2026-01-02").await;
    assert!(!other.exists());
    assert_eq!(broken(&store).await, []);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name LIKE 'ipcascade_x%'")
            .fetch_one(&mut foreign)
            .await
            .unwrap();
    assert_eq!(left, 1, "it is the other program's");
}

#[tokio::test]
async fn columns_of_others_may_have_any_name() {
    let place = Place::new();
    place.open().await.close().await;
    let mut foreign = place.foreign().await;
    run(
        &mut foreign,
        "ALTER TABLE ip_inventory ADD COLUMN \"order\" TEXT NOT NULL DEFAULT 'x';
         ALTER TABLE asn_inventory ADD COLUMN \"a \"\"b\"\"\" TEXT NOT NULL DEFAULT 'x'",
    )
    .await;
    // Without the defaults, which SQLite asks for when a column is added.
    run(
        &mut foreign,
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_master SET sql = replace(sql, ' DEFAULT ''x''', '') WHERE type = 'table';
         PRAGMA writable_schema = RESET",
    )
    .await;
    let store = place.open().await;
    let first = answered(
        update("198.41.0.4", "2026-01-02"),
        GEO,
        geo(1),
        "2026-01-01",
    );
    record(&store, &[first], "2026-01-02").await;
    assert_eq!(broken(&store).await, []);
}
