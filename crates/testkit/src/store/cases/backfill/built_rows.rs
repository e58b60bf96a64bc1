//! AS rows are built from addresses.

use ipcascade_core::store::{BackfillOptions, SkipReason};
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::cases::backfill::planted::{by_geo, by_whois, planted, systems};
use crate::store::fixtures::{day, geo, looked_up, nth};
use crate::store::foreign::{AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignStatement};
use crate::store::trial::Trial;

/// They have exact statistics and metadata.
pub async fn as_rows_are_built_from_foreign_rows(subject: Box<dyn StoreSubject>) {
    let rows = [
        (1, 65001, 3, by_geo(65001, "ONE", 1)),
        (2, 65001, 4, by_whois(65001, "one", 1)),
        (3, u32::MAX, 1, json!({})),
    ];
    let trial = planted(subject, &rows).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!((report.asns_created, report.addresses), (2, 3));
    trial.inventory_state().await.assert_statistics();
    let system = trial.asn(65001).await;
    assert_eq!((system.unique_ip_count, system.total_session_count), (2, 7));
    assert_eq!((system.first_seen, system.last_seen), (day(1), day(5)));
    assert_eq!(system.organization_name.as_deref(), Some("ONE"));
    assert_eq!(
        system.organization_country.as_deref(),
        Some("NL"),
        "of the registry"
    );
    assert_eq!(system.rir_registry.as_deref(), Some("ripencc"));
    assert_eq!(trial.asn(u32::MAX).await.organization_name, None);
}

/// The report says that nothing changed.
pub async fn a_second_run_changes_nothing(subject: Box<dyn StoreSubject>) {
    let rows: Vec<_> = (0..40)
        .map(|i| (i, 65000 + i % 7, i, by_geo(65000 + i % 7, "X", 1)))
        .collect();
    let trial = planted(subject, &rows).await;
    assert_eq!(
        trial.backfill(&trial.backfill_options()).await.asns_created,
        7
    );
    let before = systems(&trial).await;
    let options = BackfillOptions {
        now: day(300),
        ..trial.backfill_options()
    };
    let report = trial.backfill(&options).await;
    assert_eq!(
        (
            report.asns_created,
            report.asns_updated,
            report.asns_emptied
        ),
        (0, 0, 0)
    );
    assert_eq!(report.asns_unchanged, 7);
    assert_eq!(systems(&trial).await, before);
}

/// The row stays, with zero counts.
pub async fn an_as_without_addresses_goes_to_zero(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, json!({}))]).await;
    let abandoned = ForeignAsn {
        name: Some("GONE".to_owned()),
        counts: (7, 70),
        ..ForeignAsn::new(65009, (day(1), day(1)))
    };
    trial
        .plant(&[ForeignStatement::InsertAsns(vec![abandoned])])
        .await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!((report.asns_created, report.asns_emptied), (1, 1));
    let system = trial.asn(65009).await;
    assert_eq!((system.unique_ip_count, system.total_session_count), (0, 0));
    assert_eq!(system.organization_name.as_deref(), Some("GONE"));
    trial.inventory_state().await.assert_statistics();
}

/// The report has the same numbers as a real run.
pub async fn a_dry_run_writes_nothing_and_says_the_same(subject: Box<dyn StoreSubject>) {
    let rows: Vec<_> = (0..40)
        .map(|i| (i, 65000 + i % 7, i, by_geo(65000 + i % 7, "X", 1)))
        .collect();
    let trial = planted(subject, &rows).await;
    let dry = BackfillOptions {
        dry_run: true,
        ..trial.backfill_options()
    };
    let announced = trial.backfill(&dry).await;
    assert!(systems(&trial).await.is_empty(), "nothing may be written");
    assert_eq!(trial.backfill(&trial.backfill_options()).await, announced);
    assert_eq!(systems(&trial).await.len(), 7);
}

/// Whichever program counted wrong.
pub async fn wrong_statistics_are_put_right(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<_> = (0..10)
        .map(|i| looked_up(nth(i), vec![geo(65001, "X", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    let wrong = vec![
        AsnValue::Addresses(99),
        AsnValue::Sessions(98),
        AsnValue::FirstSeen(day(152)),
        AsnValue::LastSeen(day(152)),
    ];
    trial
        .plant(&[ForeignStatement::UpdateAsns(ForeignRows::All, wrong)])
        .await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!((report.asns_created, report.asns_updated), (0, 1));
    trial.check().await;
}

/// On an empty inventory.
pub async fn nothing_to_do_is_not_an_error(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!((report.asns_created, report.addresses), (0, 0));
}

/// They say nothing about the AS, but their addresses count.
pub async fn unreadable_documents_do_not_stop_it(subject: Box<dyn StoreSubject>) {
    let rows = [
        (1, 65001, 1, json!(null)),
        (2, 65001, 1, json!([])),
        (
            3,
            65001,
            1,
            json!("{\"maxmind\": {\"asn\": 65001, \"asn_org\": \"TWICE\"}}"),
        ),
        (4, 65001, 1, json!(5)),
        (
            5,
            65001,
            1,
            json!({"maxmind": 7, "cymru": {"asn": [1], "asn_org": 3}}),
        ),
        (
            6,
            65001,
            1,
            json!({"maxmind": {"asn": "65001", "asn_org": 12, "country": 9}}),
        ),
    ];
    let trial = planted(subject, &rows).await;
    trial.backfill(&trial.backfill_options()).await;
    assert_eq!(trial.asn(65001).await.unique_ip_count, 6);
    trial.inventory_state().await.assert_statistics();
}

/// Each kind of row has one reason, the same on every store.
pub async fn rows_without_an_as_are_counted_by_reason(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, by_geo(65001, "X", 1))]).await;
    let row = |key: &str| ForeignAddress {
        asn: Some(65001),
        ..ForeignAddress::new(key, (day(1), day(1)))
    };
    let odd = vec![row("mars"), row("venus")];
    trial.plant(&[ForeignStatement::InsertAddresses(odd)]).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    let expected = [(SkipReason::NotAnAddress, 2)].into();
    assert_eq!(report.skipped, expected);
    assert_eq!(
        trial.asn(65001).await.unique_ip_count,
        3,
        "it counts all the same"
    );
}

/// The document of an AS about which nothing is known was never updated.
pub async fn a_row_without_metadata_has_no_time(subject: Box<dyn StoreSubject>) {
    let rows = [
        (1, 65001, 1, json!({})),
        (2, 65002, 1, by_geo(65002, "TWO", 1)),
    ];
    let trial = planted(subject, &rows).await;
    trial.backfill(&trial.backfill_options()).await;
    let asns = trial.subject.tables().await.asns;
    let updated: Vec<_> = asns
        .into_values()
        .map(|entry| entry.enrichment_updated_at)
        .collect();
    assert_eq!(updated, [None, Some(day(200))]);
}
