//! Rows that the role does not see.

use ipcascade_core::store::{OpenMode, StoreErrorKind};

use crate::place::{COUNTED, Place, open, refused, write};

#[tokio::test]
async fn a_role_that_does_not_see_all_rows_counts_none() {
    let Some(mut place) = Place::new("blinded").await else {
        return;
    };
    place
        .run("ALTER TABLE session_summaries ENABLE ROW LEVEL SECURITY")
        .await;
    for mode in [OpenMode::Read, OpenMode::Write] {
        let error = refused(&place.role_url(), mode).await;
        assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
        for part in [
            "row-level security",
            "session_summaries",
            "BYPASSRLS",
            &place.role,
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    // The owner sees all rows, and so does an exempt role.
    write(place.url()).await.unwrap();
    place.run("ALTER ROLE {role} BYPASSRLS").await;
    write(&place.role_url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

#[tokio::test]
async fn rows_that_are_hidden_later_are_an_error_and_not_left_out() {
    let Some(mut place) = Place::new("later").await else {
        return;
    };
    let store = open(&place.role_url(), OpenMode::Read).await.unwrap();
    assert_eq!(store.totals().await.unwrap().addresses, 1);
    place
        .run("ALTER TABLE ip_inventory ENABLE ROW LEVEL SECURITY")
        .await;
    let error = store.totals().await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("row-level security"), "{error}");
    store.close().await;
    place.end().await;
}

#[tokio::test]
async fn counting_that_does_not_see_all_rows_keeps_everybody_from_writing() {
    let Some(mut place) = Place::empty("owner").await else {
        return;
    };
    place
        .run("GRANT CREATE, USAGE ON SCHEMA public TO {role}")
        .await;
    write(&place.role_url()).await.unwrap();
    place
        .run("ALTER TABLE ip_inventory ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        .await;
    let error = refused(place.url(), OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    for part in ["row-level security", "ip_inventory", &place.role] {
        assert!(error.to_string().contains(part), "{error}");
    }
    open(place.url(), OpenMode::Read).await.unwrap();
    // Unless it is forced, it does not apply to the owner.
    place
        .run("ALTER TABLE ip_inventory NO FORCE ROW LEVEL SECURITY")
        .await;
    write(place.url()).await.unwrap();
    // Functions of another role than the table's owner.
    place.run("CREATE ROLE {role}_2").await;
    place
        .run("ALTER FUNCTION ipcascade_count_sessions() OWNER TO {role}_2")
        .await;
    let error = refused(place.url(), OpenMode::Write).await;
    assert!(error.to_string().contains("_2"), "{error}");
    place
        .run("DROP OWNED BY {role}_2 CASCADE; DROP ROLE {role}_2")
        .await;
    place.end().await;
}
