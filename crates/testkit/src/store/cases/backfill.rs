//! Builds AS rows from addresses that other programs wrote.

use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::store::{AsnQuery, AsnRow, BackfillOptions, SkipReason};
use serde_json::{Value, json};

use crate::store::StoreSubject;
use crate::store::asn_lists::{listed, policy_with_lists};
use crate::store::fixtures::{day, geo, looked_up, nth};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignStatement,
};
use crate::store::trial::Trial;

/// Rows of addresses as the old program wrote them, without AS rows and history: number of the address, origin,
/// sessions, sections.
async fn planted(subject: Box<dyn StoreSubject>, rows: &[(u32, u32, u32, Value)]) -> Trial {
    let trial = Trial::new(subject).await;
    plant(&trial, rows).await;
    trial
}

async fn plant(trial: &Trial, rows: &[(u32, u32, u32, Value)]) {
    let row = |(i, number, sessions, document): &(u32, u32, u32, Value)| ForeignAddress {
        asn: Some((*number).into()),
        sessions: (*sessions).into(),
        document: document.to_string(),
        enriched_at: Some(day(5)),
        ..ForeignAddress::new(nth(*i), (day(1), day(5)))
    };
    let rows = rows.iter().map(row).collect();
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows)])
        .await;
}

fn by_geo(number: u32, organization: &str, timestamp: i64) -> Value {
    let cached_at = ipcascade_core::clock::rfc3339(day(timestamp));
    json!({"maxmind": {"asn": number, "asn_org": organization, "country": "US", "cached_at": cached_at}})
}

fn by_whois(number: u32, organization: &str, timestamp: i64) -> Value {
    let cached_at = ipcascade_core::clock::rfc3339(day(timestamp));
    json!({"cymru": {"asn": number, "asn_org": organization, "country": "NL",
                     "registry": "ripencc", "cached_at": cached_at}})
}

async fn systems(trial: &Trial) -> Vec<AsnRow> {
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    trial.asns(&all).await
}

/// What a provider knows about an AS itself is written into new rows and into existing ones.
pub async fn what_lists_say_is_written_into_every_row(subject: Box<dyn StoreSubject>) {
    let mut trial = planted(subject, &[(1, 65001, 3, by_geo(65001, "ONE", 1))]).await;
    trial.backfill(&trial.backfill_options()).await;
    plant(&trial, &[(2, 65002, 1, json!({}))]).await;
    trial.policy = policy_with_lists("hosting", true, day(2));
    for _ in 0..2 {
        trial.backfill(&trial.backfill_options()).await;
        let rows = systems(&trial).await;
        let all: Vec<_> = rows.iter().map(listed).collect();
        assert_eq!(all, [(Some("hosting"), true, true); 2]);
    }
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(report.asns_updated, 0, "{report:?}");
}

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

/// The one address with metadata is found among the many without.
pub async fn metadata_is_the_best_among_all_addresses(subject: Box<dyn StoreSubject>) {
    let mut rows: Vec<_> = (0..300).map(|i| (i, 65001, 1, json!({}))).collect();
    rows[150].3 = by_whois(65001, "NAMED", 1);
    rows.extend((300..400).map(|i| (i, 65002, 1, by_whois(65002, "COMMON BUT LOWER", 9))));
    rows[333].3 = by_geo(65002, "HIGHER", 1);
    let trial = planted(subject, &rows).await;
    let options = BackfillOptions {
        batch_size: 50,
        ..trial.backfill_options()
    };
    trial.backfill(&options).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("NAMED")
    );
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("HIGHER")
    );
    assert_eq!(
        trial.asn(65002).await.rir_registry.as_deref(),
        Some("ripencc")
    );
}

/// This decides among sections of one rank.
pub async fn the_commonest_then_the_newest_value_wins(subject: Box<dyn StoreSubject>) {
    let rows = [
        (1, 65001, 1, by_geo(65001, "COMMON", 1)),
        (2, 65001, 1, by_geo(65001, "RARE", 9)),
        (3, 65001, 1, by_geo(65001, "COMMON", 2)),
        (4, 65002, 1, by_geo(65002, "OLD", 1)),
        (5, 65002, 1, by_geo(65002, "NEW", 9)),
    ];
    let trial = planted(subject, &rows).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("COMMON")
    );
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("NEW")
    );
    assert_eq!(
        report.conflicts.get("asn_org"),
        Some(&2),
        "{:?}",
        report.conflicts
    );
}

/// A section that names another AS, or is for another prefix, does not count.
pub async fn sections_about_another_as_are_not_evidence(subject: Box<dyn StoreSubject>) {
    let mut elsewhere = by_whois(65001, "ELSEWHERE", 9);
    elsewhere["cymru"]["prefix"] = json!("1.0.0.0/24");
    let rows = [
        (1, 65001, 1, by_geo(65009, "STRANGER", 9)),
        (2, 65001, 1, elsewhere),
        (3, 65002, 1, by_geo(65009, "STRANGER", 9)),
        (4, 65002, 1, by_whois(65002, "RIGHT", 1)),
    ];
    let trial = planted(subject, &rows).await;
    trial.backfill(&trial.backfill_options()).await;
    assert_eq!(trial.asn(65001).await.organization_name, None);
    assert_eq!(
        trial.asn(65002).await.organization_name.as_deref(),
        Some("RIGHT")
    );
    let stranger = trial
        .store
        .asn(crate::store::fixtures::asn(65009))
        .await
        .unwrap();
    assert!(stranger.is_none(), "no address has it as origin");
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

/// The next run does the rest.
pub async fn a_limit_bounds_the_run(subject: Box<dyn StoreSubject>) {
    let rows: Vec<_> = (0..20).map(|i| (i, 65000 + i % 5, 1, json!({}))).collect();
    let trial = planted(subject, &rows).await;
    let limited = BackfillOptions {
        limit: Some(2),
        ..trial.backfill_options()
    };
    assert_eq!(trial.backfill(&limited).await.asns_created, 2);
    assert_eq!(systems(&trial).await.len(), 2);
    let report = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(report.asns_created, 3);
    trial.inventory_state().await.assert_statistics();
}

/// Limited runs, one after another, cover everything: AS rows that are already right do not count towards the limit.
pub async fn limited_runs_get_everywhere(subject: Box<dyn StoreSubject>) {
    let rows: Vec<_> = (0..20).map(|i| (i, 65000 + i % 5, 1, json!({}))).collect();
    let trial = planted(subject, &rows).await;
    let limited = BackfillOptions {
        limit: Some(2),
        since: Some(day(1)),
        ..trial.backfill_options()
    };
    let changed = async || {
        let report = trial.backfill(&limited).await;
        report.asns_created + report.asns_updated
    };
    assert_eq!([changed().await, changed().await], [2, 2]);
    assert_eq!([changed().await, changed().await], [1, 0]);
    let wrong = vec![AsnValue::Addresses(99)];
    trial
        .plant(&[ForeignStatement::UpdateAsns(ForeignRows::All, wrong)])
        .await;
    assert_eq!([changed().await, changed().await], [2, 2]);
    assert_eq!([changed().await, changed().await], [1, 0]);
    trial.inventory_state().await.assert_statistics();
}

/// What is committed stays, and the next run ends where an uninterrupted one would.
pub async fn a_stopped_run_is_resumed_to_the_same_end(subject: Box<dyn StoreSubject>) {
    let rows: Vec<_> = (0..200)
        .map(|i| (i, 65000 + i % 40, i, by_geo(65000 + i % 40, "X", 1)))
        .collect();
    let whole = planted(subject.sibling().await, &rows).await;
    whole.backfill(&whole.backfill_options()).await;
    let broken = planted(subject, &rows).await;
    let options = BackfillOptions {
        batch_size: 10,
        ..broken.backfill_options()
    };
    let calls = AtomicUsize::new(0);
    let stop_after_two = |_: &_| calls.fetch_add(1, Ordering::Relaxed) < 1;
    let report = broken
        .store
        .backfill(&options, &stop_after_two)
        .await
        .expect("it stops");
    assert_eq!(
        calls.load(Ordering::Relaxed),
        2,
        "no call after the answer `false`"
    );
    assert!(
        report.asns_created > 0 && report.asns_created < 40,
        "{report:?}"
    );
    assert_eq!(report.asns_total, Some(40));
    broken.backfill(&options).await;
    assert_eq!(systems(&broken).await, systems(&whole).await);
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

/// It may have been entered by hand.
pub async fn metadata_of_unknown_source_is_kept_by_default(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, by_geo(65001, "LOOKED UP", 1))]).await;
    let typed = ForeignAsn {
        name: Some("TYPED IN".to_owned()),
        ..ForeignAsn::new(65001, (day(1), day(1)))
    };
    trial
        .plant(&[ForeignStatement::InsertAsns(vec![typed])])
        .await;
    trial.backfill(&trial.backfill_options()).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("TYPED IN")
    );
    let overwrite = BackfillOptions {
        overwrite_metadata: true,
        ..trial.backfill_options()
    };
    trial.backfill(&overwrite).await;
    assert_eq!(
        trial.asn(65001).await.organization_name.as_deref(),
        Some("LOOKED UP")
    );
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

/// Whatever another program has stored there, in whatever form.
pub async fn documents_of_others_about_an_as_are_kept(subject: Box<dyn StoreSubject>) {
    let trial = planted(subject, &[(1, 65001, 1, by_geo(65001, "ONE", 1))]).await;
    let twice = ForeignAsn {
        document: r#""{\"whois\": \"kept\"}""#.to_owned(),
        ..ForeignAsn::new(65001, (day(1), day(1)))
    };
    trial
        .plant(&[ForeignStatement::InsertAsns(vec![twice])])
        .await;
    trial.backfill(&trial.backfill_options()).await;
    let row = trial.asn(65001).await;
    assert_eq!(row.organization_name.as_deref(), Some("ONE"));
    let kept = Value::Object(row.enrichment).to_string();
    assert!(
        kept.contains("_unreadable") && kept.contains("kept"),
        "{kept}"
    );
}

/// The time of the row or of its document, whichever is later; a dry run uses the same.
pub async fn since_goes_by_either_time_stamp(subject: Box<dyn StoreSubject>) {
    let rows = [65001, 65002, 65003].map(|number| (number, number, 1, by_geo(number, "X", 1)));
    let trial = planted(subject, &rows).await;
    let (updated, enriched) = (
        |timestamp| AddressValue::UpdatedAt(day(timestamp)),
        |timestamp| AddressValue::EnrichedAt(Some(day(timestamp))),
    );
    let set = |rows, values| ForeignStatement::UpdateAddresses(rows, values);
    let times = [
        set(ForeignRows::All, vec![updated(5), enriched(5)]),
        set(ForeignRows::key(nth(65001)), vec![updated(60)]),
        set(ForeignRows::key(nth(65002)), vec![enriched(60)]),
    ];
    trial.plant(&times).await;
    for dry_run in [true, false] {
        let options = BackfillOptions {
            since: Some(day(40)),
            dry_run,
            ..trial.backfill_options()
        };
        let report = trial.backfill(&options).await;
        assert_eq!(
            (report.asns_created, report.addresses),
            (2, 2),
            "{report:?}"
        );
    }
    let numbers: Vec<u32> = systems(&trial)
        .await
        .iter()
        .map(|row| row.asn.get())
        .collect();
    assert_eq!(numbers, [65001, 65002]);
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
