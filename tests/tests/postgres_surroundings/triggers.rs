//! Triggers that do not fire, and functions that were altered.

use ipcascade_core::store::{MigrateOptions, OpenMode, StoreErrorKind};

use crate::place::{COUNTED, Place, open, pending, refused, write};

#[tokio::test]
async fn sessions_of_replication_count_as_well() {
    let Some(mut place) = Place::new("replica").await else {
        return;
    };
    place
        .run("ALTER DATABASE {database} SET session_replication_role = replica")
        .await;
    write(place.url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    let error = refused(&place.role_url(), OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(
        error.to_string().contains("session_replication_role"),
        "{error}"
    );
    let reader = open(&place.role_url(), OpenMode::Read).await.unwrap();
    assert_eq!(reader.totals().await.unwrap().addresses, 2);
    reader.close().await;
    place.end().await;
}

#[tokio::test]
async fn a_trigger_for_replication_only_is_taken_for_disabled() {
    let Some(mut place) = Place::new("trigger").await else {
        return;
    };
    place
        .run(
            "ALTER TABLE ip_inventory ENABLE REPLICA TRIGGER ipcascade_inserted;
              ALTER TABLE ip_inventory ENABLE ALWAYS TRIGGER ipcascade_updated",
        )
        .await;
    assert_eq!(pending(place.url()).await.len(), 1);
    write(place.url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

#[tokio::test]
async fn altered_functions_are_created_again() {
    let Some(mut place) = Place::new("altered").await else {
        return;
    };
    for alteration in [
        "ipcascade_moment(text) PARALLEL SAFE",
        "ipcascade_due_key(text, text, text) STABLE",
        "ipcascade_count_sessions() SECURITY INVOKER",
        "ipcascade_count_addresses() RESET ALL",
        "ipcascade_count_new_systems() SET statement_timeout = 1",
        "ipcascade_moment(text) SET timezone = 'Asia/Tokyo'",
    ] {
        place.run(&format!("ALTER FUNCTION {alteration}")).await;
        let steps = pending(place.url()).await;
        assert_eq!(steps.len(), 1, "{alteration}: {steps:#?}");
        let (function, _) = alteration.split_once('(').unwrap();
        assert!(steps[0].sql.contains(function), "{}", steps[0].sql);
        let store = open(place.url(), OpenMode::Write).await.unwrap();
        assert_eq!(
            store
                .pending_migrations(&MigrateOptions::default())
                .await
                .unwrap(),
            []
        );
        store.close().await;
    }
    place.end().await;
}
