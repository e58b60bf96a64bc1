//! Opens files that cannot be opened, and files of other programs.

use std::path::Path;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::MigrateOptions;
use ipcascade_core::store::{
    AddressUpdate, Batch, Coordination as _, Maintenance as _, OpenMode, Reader as _, StoreError,
    StoreErrorKind, StoreUrl, Writer as _,
};
use ipcascade_store_sqlite::{BusyTimeout, Config};

use crate::support::*;

async fn failure(path: &Path, mode: OpenMode) -> StoreError {
    ipcascade_store_sqlite::open(path, &Config::default(), mode)
        .await
        .expect_err("it cannot be opened")
}

#[tokio::test]
async fn reading_creates_nothing_and_says_what_to_do() {
    let place = Place::new();
    let error = failure(&place.path, OpenMode::Read).await;
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    let path = place.path.display().to_string();
    assert!(
        error.to_string().contains(&path) && error.to_string().contains("--db"),
        "{error}"
    );
    assert!(!place.path.exists());
}

#[tokio::test]
async fn the_database_of_another_program_stays_as_it_is() {
    let place = Place::new();
    run(
        &mut place.foreign().await,
        "CREATE TABLE theirs (n INTEGER)",
    )
    .await;
    let before = std::fs::read(&place.path).unwrap();
    let error = failure(&place.path, OpenMode::Update).await;
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert_eq!(std::fs::read(&place.path).unwrap(), before);
}

#[tokio::test]
async fn a_folder_another_file_and_a_missing_folder_are_told_apart() {
    let place = Place::new();
    let error = failure(place.folder.path(), OpenMode::Write).await;
    assert!(error.to_string().contains("it is a folder"), "{error}");
    std::fs::write(
        &place.path,
        "this is a text, and a rather long one for a header ".repeat(40),
    )
    .unwrap();
    for mode in [OpenMode::Write, OpenMode::Read, OpenMode::Plan] {
        let error = failure(&place.path, mode).await;
        assert!(
            error.to_string().contains("not an SQLite database"),
            "{error}"
        );
    }
    let error = failure(&place.folder.path().join("a/b.db"), OpenMode::Write).await;
    assert!(error.to_string().contains("there is no folder"), "{error}");
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn a_foreign_database_is_not_read_before_it_is_migrated() {
    let place = Place::new();
    run(
        &mut place.foreign().await,
        "CREATE TABLE ip_inventory (ip_address TEXT PRIMARY KEY)",
    )
    .await;
    let error = failure(&place.path, OpenMode::Read).await;
    assert_eq!(error.kind, StoreErrorKind::Schema);
    assert!(error.to_string().contains("ipcascade migrate"), "{error}");
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    place.open().await.close().await;
    run(
        &mut place.foreign().await,
        "INSERT INTO ipcascade_schema (version) VALUES (99)",
    )
    .await;
    let error = failure(&place.path, OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Schema);
    assert!(error.to_string().contains("newer"), "{error}");
}

#[tokio::test]
async fn inspecting_changes_nothing_even_when_there_is_nothing() {
    let place = Place::new();
    let config = Config::default();
    let store = ipcascade_store_sqlite::open(&place.path, &config, OpenMode::Plan)
        .await
        .unwrap();
    let steps = store
        .pending_migrations(&MigrateOptions::default())
        .await
        .unwrap();
    assert!(
        steps
            .iter()
            .any(|step| step.sql.starts_with("CREATE TABLE ip_inventory"))
    );
    assert!(store.migrate(&MigrateOptions::default()).await.is_err());
    store.close().await;
    assert!(!place.path.exists());
}

#[tokio::test]
async fn settings_are_checked_by_name() {
    let opener = |text: &'static str| async move {
        let place = Place::new();
        let registry = Registry::linked().unwrap();
        let url = StoreUrl::sqlite(&place.path);
        let settings = Settings::from_toml("store", text);
        let opener = registry.store(&url).unwrap().opener;
        opener
            .open(&url, &settings, OpenMode::Write)
            .await
            .map(|_| ())
    };
    opener("url = \"sqlite://x\"\nreaders = 2").await.unwrap();
    let error = opener("busy_timeouts = 3").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("unknown key `store.busy_timeouts`"),
        "{error}"
    );
    let error = opener("readers = 0").await.unwrap_err();
    assert!(error.to_string().contains("`store.readers`"), "{error}");
}

#[tokio::test]
async fn who_waits_too_long_for_another_writer_hears_of_a_conflict() {
    let place = Place::new();
    place.open().await.close().await;
    let mut other = place.foreign().await;
    let config = Config {
        busy_timeout: BusyTimeout::from_secs(0),
        ..Config::default()
    };
    let store = ipcascade_store_sqlite::open(&place.path, &config, OpenMode::Write)
        .await
        .unwrap();
    run(&mut other, "BEGIN IMMEDIATE").await;
    let policy = policy();
    let updates = [update("198.41.0.4", "2026-01-01")];
    let batch = Batch {
        updates: &updates,
        policy: &policy,
        now: at("2026-01-01"),
    };
    let error = store.record(&batch).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Conflict, "{error}");
    run(&mut other, "ROLLBACK").await;
    assert_eq!(store.record(&batch).await.unwrap().addresses_new, 1);
}

#[tokio::test]
async fn what_is_remembered_of_providers_is_read_before_a_column_is_added() {
    let place = Place::new();
    place.open().await.close().await;
    let mut other = place.foreign().await;
    let statements = format!(
        "INSERT INTO ipcascade_provider_state (provider, used, reason) VALUES ('{GEO}', 7, 'why'); \
         ALTER TABLE ipcascade_provider_state DROP COLUMN spoken_for_until"
    );
    run(&mut other, &statements).await;
    let store = ipcascade_store_sqlite::open(&place.path, &Config::default(), OpenMode::Read)
        .await
        .unwrap();
    let state = store.provider_state(&GEO.into()).await.unwrap();
    assert_eq!((state.used, state.reason.as_deref()), (7, Some("why")));
}

#[tokio::test]
async fn many_pools_write_one_file_and_none_fails() {
    let place = Place::new();
    let writers = (0..6_u32).map(|writer| {
        let path = place.path.clone();
        tokio::spawn(async move {
            let store = ipcascade_store_sqlite::open(&path, &Config::default(), OpenMode::Write)
                .await
                .unwrap();
            for round in 0..10_u32 {
                // Half of the addresses are shared by all, and each batch touches the same ASes.
                let updates: Vec<AddressUpdate> = (0..20_u32)
                    .map(|n| {
                        let host = if n % 2 == 0 {
                            n
                        } else {
                            1000 + writer * 100 + n
                        };
                        let address =
                            std::net::Ipv4Addr::from(0x0b00_0000 + round * 4096 + host).to_string();
                        let mut one = answered(
                            update(&address, "2026-01-01"),
                            GEO,
                            geo(1 + n % 5),
                            "2026-01-01",
                        );
                        one.sessions =
                            vec![session(&format!("{address} by {writer}"), "2026-01-01")];
                        one
                    })
                    .collect();
                record(&store, &updates, "2026-01-01").await;
            }
            store.close().await;
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let store = place.open().await;
    let totals = store.totals().await.unwrap();
    assert_eq!(
        (totals.addresses, totals.sessions, totals.asns),
        (100 + 600, 1200, 5)
    );
    assert_eq!(broken(&store).await, []);
}

/// Makes it impossible to create the shared memory of readers, as in a read-only folder; SQLite follows no symbolic
/// link to it, which stops even root.
fn without_shared_memory(place: &Place) {
    let mut memory = place.path.as_os_str().to_owned();
    memory.push("-shm");
    std::os::unix::fs::symlink("nowhere", memory).unwrap();
}

#[tokio::test]
async fn a_file_is_read_where_nothing_can_be_written_beside_it() {
    let place = Place::new();
    let store = place.open().await;
    record(&store, &[update("198.41.0.4", "2026-01-01")], "2026-01-01").await;
    store.close().await;
    without_shared_memory(&place);
    for mode in [OpenMode::Read, OpenMode::Inspect, OpenMode::Plan] {
        let store = ipcascade_store_sqlite::open(&place.path, &Config::default(), mode)
            .await
            .unwrap();
        let totals = store.totals().await.unwrap();
        assert_eq!(totals.addresses, 1, "{mode:?}");
        store.close().await;
    }
    let error = failure(&place.path, OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_not_passed_over() {
    let place = Place::new();
    let store = place.open().await;
    record(&store, &[update("198.41.0.4", "2026-01-01")], "2026-01-01").await;
    let copy = Place::new();
    let log = |place: &Place| {
        let mut log = place.path.as_os_str().to_owned();
        log.push("-wal");
        log
    };
    // As after a crash: the log exists and no process has the file open.
    std::fs::copy(&place.path, &copy.path).unwrap();
    std::fs::copy(log(&place), log(&copy)).unwrap();
    store.close().await;
    without_shared_memory(&copy);
    let error = failure(&copy.path, OpenMode::Read).await;
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("-wal"), "{error}");
}

#[tokio::test]
async fn parameters_of_a_url_are_heeded_or_refused() {
    let place = Place::new();
    let registry = Registry::linked().unwrap();
    let open = |query: &str, mode| {
        let url: StoreUrl = format!("sqlite:///{}?{query}", place.path.display())
            .parse()
            .unwrap();
        let opener = registry.store(&url).unwrap().opener;
        async move { opener.open(&url, &Settings::empty("store"), mode).await }
    };
    for (query, message) in [
        ("mode=rw", "mode=rw in its URL creates none"),
        ("mode=memory", "use ro, rw or rwc"),
        ("mdoe=ro", "`mdoe` is not understood"),
        ("timeout=30", "`store.busy_timeout`"),
    ] {
        let error = open(query, OpenMode::Write).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(!place.path.exists());
    }
    open("mode=rwc", OpenMode::Write).await.unwrap();
    open("mode=rw", OpenMode::Write).await.unwrap();
    open("mode=ro", OpenMode::Read).await.unwrap();
    let error = open("mode=ro", OpenMode::Update).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
}
