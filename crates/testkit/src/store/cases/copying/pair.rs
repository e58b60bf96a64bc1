//! Two inventories, and a copy from one to the other.

use ipcascade_core::store::{OpenMode, Store};
use ipcascade_core::transfer::{CopyError, CopyOptions, CopyProgress, CopyReport, copy};

use crate::store::StoreSubject;
use crate::store::cases::inventory::populate;
use crate::store::fixtures::{day, policy};
use crate::store::trial::Trial;

pub(super) async fn try_copy(
    source: &dyn Store,
    target: &dyn Store,
    batch_size: u32,
    progress: &(dyn Fn(CopyProgress) -> bool + Send + Sync),
) -> Result<CopyReport, CopyError> {
    let policy = policy();
    let options = CopyOptions {
        source: "test://source",
        batch_size,
        examples: 5,
        policy: &policy,
        now: day(100),
    };
    copy(source, target, &options, progress).await
}

pub(super) async fn copied(source: &Trial, target: &Trial, batch_size: u32) -> CopyReport {
    let from = source.subject.open(OpenMode::Read).await.unwrap();
    let report = try_copy(&*from, &*target.store, batch_size, &|_| true)
        .await
        .unwrap();
    from.close().await;
    report
}

pub(super) async fn pair(subject: Box<dyn StoreSubject>) -> (Trial, Trial) {
    let target = Trial::new(subject.sibling().await).await;
    let source = Trial::new(subject).await;
    populate(&source).await;
    (source, target)
}
