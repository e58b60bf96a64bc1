//! What is read of a deployed database.

use ipcascade_core::store::{AddressQuery, AsnQuery, OpenMode, SessionQuery};
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{address, asn};
use xtask::deployed::Flavour;

use crate::adoption::contents::{adopted, columns, contents};
use crate::adoption::deployment::deploy;

/// Unreadable values do not get in the way.
pub async fn everything_legible_is_read(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let row = trial.address(address("8.8.8.8")).await;
    assert_eq!(row.current_asn, Some(asn(15169)));
    assert_eq!(
        ipcascade_core::clock::rfc3339(row.first_seen),
        "2025-11-01T12:00:00Z"
    );
    assert_eq!(
        row.enrichment_updated_at
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-05T12:00:00Z")
    );
    let fresh = row.enrichment.section("maxmind").unwrap();
    assert_eq!(
        fresh
            .cached_at()
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-05T12:00:00Z")
    );
    let twice = trial.address(address("11.0.0.3")).await;
    assert!(
        twice.enrichment.section("maxmind").is_some(),
        "encoded twice, read once"
    );
    let texts = trial.address_texts(&AddressQuery::default()).await;
    let expected = if flavour == Flavour::Sqlite { 13 } else { 11 };
    assert_eq!(texts.len(), expected, "{texts:?}");
    let sessions = trial.sessions(&SessionQuery::default()).await;
    assert_eq!(sessions.len(), 6);
    let row = trial.session("s1").await;
    assert_eq!(
        row.first_event_at
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-01T12:00:00Z")
    );
    assert_eq!((row.snapshot_asn, row.event_count), (Some(asn(15169)), 5));
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    assert!(trial.asn_numbers(&all).await.contains(&64999));
}

/// A reader can either read an unadopted database, or reports how to make it readable.
pub async fn reading_needs_no_writing(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    deploy(&*subject, flavour).await;
    let before = (columns(&*subject, flavour).await, contents(&*subject).await);
    match subject.open(OpenMode::Read).await {
        Ok(store) => {
            let rows = store
                .known(&[address("8.8.8.8")])
                .await
                .expect("reading works");
            assert!(rows[0].is_some());
        }
        Err(error) => assert!(error.to_string().contains("ipcascade migrate"), "{error}"),
    }
    assert_eq!(
        (columns(&*subject, flavour).await, contents(&*subject).await),
        before
    );
}
