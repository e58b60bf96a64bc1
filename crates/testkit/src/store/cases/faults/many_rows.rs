//! Repairs of many rows, and of none.

use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::store::{
    AddressUpdate, Check, RepairOptions, RepairProgress, RepairReport, VerifyOptions,
};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, session, visited};
use crate::store::foreign::{AddressValue, ForeignRows, ForeignStatement};
use crate::store::trial::Trial;

/// Nothing can be wrong in it.
pub async fn an_empty_inventory_is_clean(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.check().await;
    let report = trial.repair(&trial.repair_options()).await;
    assert!(
        report.repaired.values().all(|&rows| rows == 0),
        "{report:?}"
    );
}

/// A few examples for people, every fault in the count.
pub async fn examples_are_limited_and_counts_are_not(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..50)
        .map(|i| visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]))
        .collect();
    trial.record(&batch, day(2)).await;
    let uncounted = vec![AddressValue::Sessions(0)];
    trial
        .plant(&[ForeignStatement::UpdateAddresses(
            ForeignRows::All,
            uncounted,
        )])
        .await;
    let options = VerifyOptions {
        examples: 3,
        ..trial.verify_options()
    };
    let report = trial.store.verify(&options).await.expect("verifying works");
    assert_eq!((report.addresses, report.sessions), (50, 50));
    let [violation] = &report.violations[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (violation.check, violation.count),
        (Check::SessionCount, 50)
    );
    assert_eq!(violation.examples.len(), 3);
}

/// 300 addresses, each with a wrong count, without history and AS rows.
async fn broken_all_over(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..300)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(65000 + i % 3, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    let uncounted = vec![AddressValue::Sessions(0)];
    let faults = [
        ForeignStatement::UpdateAddresses(ForeignRows::All, uncounted),
        ForeignStatement::DeleteHistory(ForeignRows::All),
        ForeignStatement::DeleteAsns(ForeignRows::All),
    ];
    trial.plant(&faults).await;
    trial
}

/// More rows than one transaction takes.
pub async fn repair_of_many_rows_goes_in_batches(subject: Box<dyn StoreSubject>) {
    let trial = broken_all_over(subject).await;
    let options = RepairOptions {
        batch_size: 20,
        ..trial.repair_options()
    };
    let report = trial.repair(&options).await;
    assert_eq!(
        report.repaired.get(&Check::SessionCount),
        Some(&300),
        "{report:?}"
    );
    trial.check().await;
}

/// What was repaired before the stop stays repaired; another run repairs the rest.
pub async fn repair_can_be_stopped_after_any_batch(subject: Box<dyn StoreSubject>) {
    let trial = broken_all_over(subject).await;
    let options = RepairOptions {
        batch_size: 20,
        ..trial.repair_options()
    };
    let rows = |report: &RepairReport| report.repaired.values().sum::<u64>();
    let stopped = trial
        .store
        .repair(&options, &|batch| rows(batch.report) == 0)
        .await
        .expect("repairing works");
    assert!((1..300).contains(&rows(&stopped)), "{stopped:?}");
    assert!(rows(&trial.repair(&options).await) > 0);
    trial.check().await;
    // It can also be stopped where nothing needs repair: each batch of rows is reported.
    let batches = AtomicUsize::new(0);
    let count = |_: RepairProgress<'_>| batches.fetch_add(1, Ordering::SeqCst) < usize::MAX;
    let again = trial.store.repair(&options, &count).await;
    assert_eq!(rows(&again.expect("repairing works")), 0);
    assert!(batches.into_inner() >= 300 / 20);
}
