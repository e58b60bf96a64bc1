//! The planner may parallelise every statement.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::time::Duration;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{DueQuery, OpenMode, StoreUrl, WorkClaim};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, nth, policy, seen, whois, whois_weekly};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::postgres::fresh_database;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Makes every plan parallel that can be.
async fn force_parallel_plans(url: &str, version: i32) {
    let (_, database) = url.rsplit_once('/').unwrap();
    let force = if version >= 160_000 {
        "debug_parallel_query"
    } else {
        "force_parallel_mode"
    };
    let mut connection = PgConnection::connect(url).await.unwrap();
    for setting in [
        "min_parallel_table_scan_size = 0",
        "min_parallel_index_scan_size = 0",
        "parallel_setup_cost = 0",
        "parallel_tuple_cost = 0",
        "max_parallel_workers_per_gather = 4",
        &format!("{force} = on"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(format!(
            "ALTER DATABASE {database} SET {setting}"
        )))
        .execute(&mut connection)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn finding_work_does_not_depend_on_the_plan() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let version: String = sqlx::query_scalar("SELECT current_setting('server_version_num')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    force_parallel_plans(database.url(), version.parse().unwrap()).await;
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let open = || factory.opener.open(&url, &settings, OpenMode::Write);
    let store = open().await.unwrap();
    let batch: Vec<_> = (0..200)
        .map(|i| seen(nth(i), day(1), vec![whois(65001, "X", "NL", day(1))]))
        .collect();
    record(&*store, &policy(), &batch, day(1)).await.unwrap();
    store.close().await;
    // As an earlier version left them: the next writer recreates them.
    sqlx::raw_sql(
        "ALTER FUNCTION ipcascade_moment PARALLEL SAFE;
         ALTER FUNCTION ipcascade_due_key PARALLEL SAFE;
         ANALYZE",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let store = open().await.unwrap();
    let sections = [whois_weekly()];
    let due = DueQuery {
        sections: &sections,
        unattributed_only: false,
        now: day(50),
        scarce: false,
    };
    assert_eq!(store.count_due(&due).await.unwrap(), 200);
    let claim = WorkClaim {
        due: due.clone(),
        owner: "me",
        lease: Duration::from_secs(60),
        limit: 1000,
    };
    assert_eq!(store.claim(&claim).await.unwrap().len(), 200);
    assert_eq!(store.count_due(&due).await.unwrap(), 200);
    store.close().await;
}
