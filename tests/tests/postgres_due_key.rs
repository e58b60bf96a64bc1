//! The index key for due sections: times in the usual format are cut, all others are parsed.

use ipcascade_core::store::OpenMode;
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::PostgresSubject;

/// Every day that a calendar may have and some that no calendar has, with odd hours, fractions and digits.
const OTHERWISE: &str = "
    WITH days AS (
        SELECT lpad(y::text, 4, '0') || '-' || lpad(m::text, 2, '0') || '-' || lpad(d::text, 2, '0') AS day
        FROM unnest(ARRAY[0, 1, 999, 1000, 1900, 2000, 2026, 2028, 9999]) y,
            generate_series(0, 13) m, generate_series(0, 32) d
    ), times AS (
        SELECT day || 'T12:34:56.789012Z' AS t FROM days
        UNION ALL SELECT '2026-11-29T' || time FROM unnest(ARRAY['00:00:00.000000Z', '23:59:59.999999Z',
            '24:00:00.000000Z', '23:60:00.000000Z', '23:59:60.000000Z', '12:00:00.00000Z', '12:00:00.0000000Z',
            '12:00:00Z', '12:00:00.000000', '12:00:00.000000+01:00', '12:00:00.00000\u{663}Z']) time
        UNION ALL SELECT '2026-11-29 12:00:00.000000Z' UNION ALL SELECT '' UNION ALL SELECT NULL
    )
    SELECT t FROM times WHERE ipcascade_due_key(t, 'true', NULL) IS DISTINCT FROM
        coalesce('F' || to_char(ipcascade_moment(t) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), 'M')";

#[tokio::test]
async fn both_ways_lead_to_one_key() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    subject.open(OpenMode::Write).await.unwrap().close().await;
    assert_eq!(
        subject.rows(OTHERWISE).await,
        Vec::<Vec<Option<String>>>::new()
    );
}
