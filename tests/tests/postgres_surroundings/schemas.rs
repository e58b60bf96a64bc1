//! Which schema has the inventory, and what only looks like one.

use ipcascade_core::store::{OpenMode, StoreErrorKind};

use crate::place::{COUNTED, Place, open, pending, refused, write};

const INVENTORIES: &str = "SELECT count(*) FROM pg_class WHERE relname = 'ip_inventory'";

#[tokio::test]
async fn a_schema_named_like_the_role_gets_no_second_inventory() {
    let Some(mut place) = Place::new("namesake").await else {
        return;
    };
    place
        .run(
            "CREATE SCHEMA {role} AUTHORIZATION {role};
              CREATE FUNCTION {role}.ipcascade_due_key(cached_at text, is_found text, retry_at text)
                RETURNS text LANGUAGE sql AS 'SELECT NULL'",
        )
        .await;
    write(&place.role_url()).await.unwrap();
    assert_eq!(place.number(INVENTORIES).await, 1);
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

#[tokio::test]
async fn the_first_inventory_on_the_search_path_is_used() {
    let Some(mut place) = Place::new("paths").await else {
        return;
    };
    place
        .run(
            "CREATE SCHEMA empty; CREATE SCHEMA first;
              ALTER DATABASE {database} SET search_path = empty, first, public",
        )
        .await;
    let first = format!("{}?options=-csearch_path%3Dfirst", place.url());
    open(&first, OpenMode::Write).await.unwrap().close().await;
    assert_eq!(place.number(INVENTORIES).await, 2);
    write(place.url()).await.unwrap();
    assert_eq!(place.number(INVENTORIES).await, 2);
    let in_first = "SELECT count(*) FROM first.ip_inventory";
    assert_eq!(place.number(in_first).await, 1);
    assert_eq!(
        place
            .number("SELECT count(*) FROM public.ip_inventory")
            .await,
        1
    );
    place.end().await;
}

#[tokio::test]
async fn what_only_looks_like_a_table_is_named() {
    let Some(mut place) = Place::new("views").await else {
        return;
    };
    for (view, what) in [
        ("VIEW", "a view"),
        ("MATERIALIZED VIEW", "a materialized view"),
    ] {
        for table in ["ip_inventory", "session_summaries"] {
            place
                .run(&format!(
                    "ALTER TABLE {table} RENAME TO base;
                               CREATE {view} {table} AS SELECT * FROM base"
                ))
                .await;
            for mode in [OpenMode::Inspect, OpenMode::Read, OpenMode::Write] {
                let error = refused(place.url(), mode).await;
                assert_eq!(error.kind, StoreErrorKind::Schema, "{error}");
                assert!(error.to_string().contains(what), "{error}");
                assert!(error.to_string().contains(table), "{error}");
                assert!(!error.to_string().contains("migrate"), "{error}");
            }
            place
                .run(&format!(
                    "DROP {view} {table}; ALTER TABLE base RENAME TO {table}"
                ))
                .await;
        }
    }
    open(place.url(), OpenMode::Read).await.unwrap();
    place.end().await;
}

#[tokio::test]
async fn a_schema_may_be_renamed() {
    let Some(mut place) = Place::new("renamed").await else {
        return;
    };
    place
        .run(
            "ALTER SCHEMA public RENAME TO \"honey pot\";
              ALTER DATABASE {database} SET search_path = \"honey pot\"",
        )
        .await;
    assert_eq!(pending(place.url()).await.len(), 8);
    write(place.url()).await.unwrap();
    let counted =
        "SELECT unique_ip_count FROM \"honey pot\".asn_inventory WHERE asn_number = 65001";
    assert_eq!(place.number(counted).await, 2);
    assert_eq!(pending(place.url()).await, []);
    place.end().await;
}
