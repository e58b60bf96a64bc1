//! Runs that do a part of the work.

use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::store::BackfillOptions;
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::cases::backfill::planted::{by_geo, planted, systems};
use crate::store::fixtures::{day, nth};
use crate::store::foreign::{AddressValue, AsnValue, ForeignRows, ForeignStatement};

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
