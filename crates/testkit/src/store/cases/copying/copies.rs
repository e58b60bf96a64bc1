//! A copy is equal to its source.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::TryStreamExt as _;
use ipcascade_core::store::AsnQuery;
use ipcascade_core::transfer::{CopyError, Phase};

use crate::store::StoreSubject;
use crate::store::cases::copying::pair::{copied, pair, try_copy};
use crate::store::cases::inventory::{assert_same, everything};
use crate::store::fixtures::{day, geo, nth, seen, session, visited};
use crate::store::trial::Trial;

/// Every row of the copy equals its source, whatever the batch size, and the invariants hold.
pub async fn a_copy_is_equal_to_its_source(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let before = everything(&*source.store).await;
    let report = copied(&source, &target, 7).await;
    assert!(report.is_exact(), "{report:#?}");
    assert!(!report.resumed && !report.refreshed);
    assert_eq!(report.written_changed, 0, "{report:#?}");
    target.check().await;
    assert_same(&everything(&*target.store).await, &before);
    assert_same(&everything(&*source.store).await, &before);
    assert_eq!(report.compared.unwrap().recounted, 0);
    assert_eq!(
        target.asn(64999).await.organization_name.unwrap(),
        "Nobody here"
    );
}

/// A copy that is interrupted after each batch resumes where it was; the target is consistent throughout.
pub async fn a_copy_ended_after_each_batch_goes_on(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let totals = source.store.totals().await.unwrap();
    let (mut runs, mut read) = (0_u64, 0);
    loop {
        // A new process each time.
        let store = target.other().await;
        let copying = AtomicBool::new(false);
        let report = try_copy(&*source.store, &*store, 4, &|progress| {
            let is_copying = matches!(progress.phase, Phase::Copying(_));
            copying.fetch_or(is_copying, Ordering::SeqCst);
            !is_copying
        })
        .await
        .unwrap();
        store.close().await;
        read += report.read;
        target.check().await;
        assert_eq!(report.interrupted, copying.load(Ordering::SeqCst));
        assert_eq!(report.resumed, runs > 0);
        if !report.interrupted {
            assert!(report.is_exact(), "{report:#?}");
            break;
        }
        runs += 1;
        assert!(runs < 50, "the copy does not come to its end");
    }
    assert!(runs > 5, "batches are small: {runs}");
    assert_eq!(read, totals.asns + totals.addresses + totals.sessions);
    assert_same(
        &everything(&*target.store).await,
        &everything(&*source.store).await,
    );
}

/// A second copy writes nothing.
pub async fn a_second_copy_changes_nothing(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let before = target.subject.tables().await.addresses;
    let report = copied(&source, &target, 5).await;
    assert!(report.refreshed && report.is_exact(), "{report:#?}");
    assert_eq!((report.written_new, report.written_changed), (0, 0));
    assert_eq!(target.subject.tables().await.addresses, before);
}

/// A second copy transfers what has changed in the source since.
pub async fn a_second_copy_brings_what_is_new(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let updates = [
        seen(nth(1), day(20), vec![geo(65077, "New", "NL", day(20))]),
        visited(nth(90), vec![session("z", "north", (0, 9), 3)]),
        visited(nth(6), vec![session("b", "north", (50, 60), 5)]),
    ];
    source.record(&updates, day(21)).await;
    let report = copied(&source, &target, 5).await;
    assert!(report.refreshed && report.is_exact(), "{report:#?}");
    assert!(report.written_new > 0 && report.written_changed > 0);
    target.check().await;
    assert_same(
        &everything(&*target.store).await,
        &everything(&*source.store).await,
    );
}

/// An empty inventory has an empty copy.
pub async fn a_copy_of_nothing_is_empty(subject: Box<dyn StoreSubject>) {
    let target = Trial::new(subject.sibling().await).await;
    let source = Trial::new(subject).await;
    let report = copied(&source, &target, 5).await;
    assert!(report.is_exact() && report.read == 0, "{report:#?}");
    assert!(copied(&source, &target, 5).await.refreshed);
}

/// Rows from elsewhere are never mixed with rows of the source.
pub async fn a_target_with_other_rows_is_refused(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let other = [seen(
        nth(77),
        day(1),
        vec![geo(65099, "Other", "NL", day(1))],
    )];
    target.record(&other, day(1)).await;
    let before = everything(&*target.store).await;
    let refused = try_copy(&*source.store, &*target.store, 5, &|_| true).await;
    assert!(
        matches!(refused, Err(CopyError::Refused { .. })),
        "{refused:?}"
    );
    assert_same(&everything(&*target.store).await, &before);

    let finished = Trial::new(target.subject.sibling().await).await;
    copied(&source, &finished, 5).await;
    finished.record(&other, day(1)).await;
    let refused = try_copy(&*source.store, &*finished.store, 5, &|_| true).await;
    assert!(
        matches!(refused, Err(CopyError::Refused { .. })),
        "{refused:?}"
    );
}

/// Copying while the source is being written to keeps the target consistent.
pub async fn a_source_in_use_may_be_copied(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let from = source.other().await;
    let writing = async {
        for i in 0..20_u32 {
            let updates = [seen(
                nth(200 + i),
                day(30),
                vec![geo(65010 + i % 3, "Many", "SE", day(30))],
            )];
            source.record_only(&updates, day(31)).await;
        }
    };
    let (report, ()) = tokio::join!(try_copy(&*from, &*target.store, 2, &|_| true), writing);
    assert!(report.unwrap().verified.unwrap().is_clean());
    target.check().await;
    let report = copied(&source, &target, 50).await;
    assert!(report.is_exact(), "{report:#?}");
    let asns: Vec<_> = target
        .store
        .asns(&AsnQuery::default())
        .try_collect()
        .await
        .unwrap();
    assert!(!asns.is_empty());
}
