//! The numbers of a report.

use serde_json::Value;
use sqlx::Row as _;

use crate::inventory::{connection, hostile, report};

#[tokio::test]
async fn the_numbers_are_those_that_sql_counts() {
    let sandbox = hostile().await;
    let mut connection = connection(&sandbox).await;
    let mut count = async |sql: &'static str| {
        let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
        row.get::<i64, _>(0)
    };
    let figures = report(&sandbox, &["--since", "2026-11-21"]);
    let totals = &figures["totals"];
    for (name, sql) in [
        (
            "session_count",
            "SELECT count(*) FROM session_summaries WHERE last_event_at >= '2026-11-21 00:00:00'",
        ),
        (
            "session_count_before",
            "SELECT count(*) FROM session_summaries WHERE last_event_at >= '2026-11-20 00:00:00' \
             AND last_event_at < '2026-11-21 00:00:00'",
        ),
        (
            "address_count",
            "SELECT count(*) FROM ip_inventory WHERE last_seen >= '2026-11-21 00:00:00'",
        ),
        (
            "new_address_count",
            "SELECT count(*) FROM ip_inventory WHERE first_seen >= '2026-11-21 00:00:00'",
        ),
        (
            "asn_count",
            "SELECT count(DISTINCT current_asn) FROM ip_inventory WHERE last_seen >= '2026-11-21 00:00:00'",
        ),
        (
            "unattributed_count",
            "SELECT count(*) FROM ip_inventory WHERE last_seen >= '2026-11-21 00:00:00' AND current_asn IS NULL",
        ),
    ] {
        let counted = count(sql).await;
        assert!(counted > 0, "{name}: there is something to count");
        assert_eq!(totals[name], counted, "{name}");
    }
    let of_country = &figures["countries"]["rows"][0];
    assert_eq!(of_country["country"], "US");
    let counted = count(
        "SELECT count(*) FROM session_summaries WHERE last_event_at >= '2026-11-21 00:00:00' AND snapshot_country = 'US'",
    );
    assert_eq!(of_country["session_count"], counted.await);
    let of_as = &figures["asns"]["rows"][0];
    assert_eq!(of_as["asn"], 16276);
    let counted = count(
        "SELECT count(*) FROM session_summaries WHERE last_event_at >= '2026-11-21 00:00:00' AND snapshot_asn = 16276",
    );
    assert_eq!(of_as["session_count"], counted.await);
}

#[tokio::test]
async fn every_part_adds_up_to_the_whole() {
    let sandbox = hostile().await;
    for args in [
        &["--since", "2026-11-21"][..],
        &[],
        &["--country", "US"],
        &["--asn", "14061"],
    ] {
        let figures = report(&sandbox, args);
        let totals = &figures["totals"];
        let sum = |list: &Value, name: &str| -> u64 {
            let rows = list.as_array().unwrap().iter();
            rows.map(|row| row[name].as_u64().unwrap_or_default()).sum()
        };
        let spans = &figures["sessions_over_time"]["spans"];
        assert_eq!(
            totals["session_count"],
            sum(spans, "session_count"),
            "{args:?}"
        );
        for list in ["countries", "asns"] {
            let rows = &figures[list]["rows"];
            assert_eq!(
                totals["session_count"],
                sum(rows, "session_count"),
                "{args:?} {list}"
            );
            assert_eq!(
                totals["address_count"],
                sum(rows, "address_count"),
                "{args:?} {list}"
            );
            for row in rows.as_array().unwrap() {
                let trend = row["trend"].as_array().unwrap().iter();
                let trend: u64 = trend.map(|part| part.as_u64().unwrap()).sum();
                assert_eq!(row["session_count"], trend, "{args:?} {row}");
            }
        }
        assert_eq!(sum(&figures["invariants"], "broken_count"), 0, "{args:?}");
    }
    assert_eq!(
        report(&sandbox, &[])["totals"]["session_count_without_time"],
        1
    );
}

/// Values that look like what separates rows and values while they are read.
#[tokio::test]
async fn no_value_of_another_program_is_taken_for_several() {
    let sandbox = hostile().await;
    let before = report(&sandbox, &[]);
    let mut connection = connection(&sandbox).await;
    for sql in [
        "UPDATE session_summaries SET snapshot_country = 'N' || char(31) WHERE snapshot_asn = 16276",
        "UPDATE session_summaries SET snapshot_asn = 14061.0 WHERE snapshot_asn = 14061",
        "UPDATE session_summaries SET sensor = char(30) || char(31)",
        "UPDATE ip_inventory SET enrichment = enrichment || char(30) || char(31) WHERE current_asn = 24940",
        "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment, created_at, updated_at) \
         VALUES ('x' || char(30), '2026-11-20T10:00:00+02:00', '2026-11-21', 0, '{}', '', ''), \
         (x'00ff', '2026-11-20', '2026-11-21', 0, '{}', '', '')",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    let after = report(&sandbox, &["--no-verify"]);
    for name in [
        "session_count",
        "session_count_without_time",
        "address_count",
        "asn_count",
    ] {
        assert_eq!(after["totals"][name], before["totals"][name], "{name}");
    }
    assert_eq!(after["totals"]["unreadable_count"], 2);
    let of = |figures: &Value| {
        let rows = figures["asns"]["rows"].as_array().unwrap().iter();
        rows.map(|row| {
            [
                row["asn"].clone(),
                row["session_count"].clone(),
                row["address_count"].clone(),
            ]
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(of(&after), of(&before));
}

#[tokio::test]
async fn what_is_later_than_the_end_of_the_period_is_left_out() {
    let sandbox = hostile().await;
    let of_one_day = report(&sandbox, &["--until", "2026-11-20"]);
    let spans = of_one_day["sessions_over_time"]["spans"]
        .as_array()
        .unwrap();
    assert!(!spans.is_empty() && spans.len() <= 24, "{}", spans.len());
    let all = report(&sandbox, &["--since", "2026-11-20"]);
    let count = |figures: &Value| figures["totals"]["session_count"].as_u64().unwrap();
    assert!(count(&of_one_day) < count(&all));
    let twice = report(
        &sandbox,
        &["--since", "2026-11-21", "--until", "2026-11-21"],
    );
    assert_eq!(
        twice["totals"]["session_count_before"].as_u64(),
        Some(count(&of_one_day))
    );
}

#[tokio::test]
async fn sessions_of_broken_clocks_do_not_stretch_the_time() {
    let sandbox = hostile().await;
    let before = report(&sandbox, &[]);
    let mut connection = connection(&sandbox).await;
    for (time, id) in [("1970-01-01 00:00:00", 2), ("9999-12-31 23:59:59", 3)] {
        let sql = "UPDATE session_summaries SET last_event_at = $1 WHERE session_id = (SELECT session_id FROM \
                   session_summaries ORDER BY session_id LIMIT 1 OFFSET $2)";
        let query = sqlx::query(sql).bind(time).bind(id);
        query.execute(&mut connection).await.unwrap();
    }
    let after = report(&sandbox, &["--no-verify"]);
    let spans = |figures: &Value| {
        figures["sessions_over_time"]["spans"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(spans(&after), spans(&before));
    assert_eq!(after["totals"]["session_count_without_time"], 3);
}
