//! A store on PostgreSQL survives a restart of the server.

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{OpenMode, StoreUrl};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, geo, nth, policy, seen};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::postgres::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_after_the_server_was_restarted() {
    let Some(server) = Server::start() else {
        return;
    };
    let database = server.fresh_database().await;
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let store = factory
        .opener
        .open(&url, &settings, OpenMode::Write)
        .await
        .unwrap();
    let policy = policy();
    let batch = |i| [seen(nth(i), day(1), vec![geo(65001, "X", "NL", day(1))])];
    record(&*store, &policy, &batch(1), day(1)).await.unwrap();

    server.restart();

    // Open connections are gone; a call may fail once for each of them, and must report the error as transient.
    let mut attempts = 0;
    while let Err(error) = record(&*store, &policy, &batch(2), day(2)).await {
        assert!(error.is_transient(), "{error:?}");
        attempts += 1;
        assert!(attempts < 20, "the store does not come back: {error}");
    }
    let row = store
        .asn(ipcascade_core::asn::Asn::new(65001).unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.unique_ip_count, 2);
    store.close().await;
}
