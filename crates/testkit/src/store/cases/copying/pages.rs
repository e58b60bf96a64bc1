//! Reading goes on after any page.

use futures::TryStreamExt as _;
use ipcascade_core::store::{Page, RecordKind, RecordOrder, RecordSet};
use ipcascade_core::transfer::TransferRecord;

use crate::store::StoreSubject;
use crate::store::cases::inventory::populate;
use crate::store::fixtures::{day, nth, session, visited};
use crate::store::trial::Trial;

/// Reading may resume after any page; earlier rows do not come again.
pub async fn reading_goes_on_after_any_page(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    populate(&trial).await;
    for kind in RecordKind::PAGED {
        let read = async |after: Option<&str>| {
            let order = RecordOrder::ForCopying { after };
            let pages: Vec<Page> = trial
                .store
                .records(kind, order, 2)
                .try_collect()
                .await
                .unwrap();
            pages
        };
        let all = keys(&read(None).await);
        let mut seen = Vec::new();
        for page in read(None).await {
            let last = page.last.clone().expect("plain keys are positions");
            seen.extend(keys(&[page]));
            let rest = keys(&read(Some(&last)).await);
            assert_eq!([seen.clone(), rest].concat(), all, "after {last}");
        }
        assert!(all.len() > 4, "{kind:?}: {all:?}");
        // A token left by an earlier version, or an unknown one: from the beginning.
        assert_eq!(keys(&read(Some("text:61")).await), all);
    }
}

/// Rows to compare come in one order, whatever the locale of the database.
pub async fn rows_to_compare_come_by_the_bytes_of_their_keys(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    populate(&trial).await;
    let ids = ["B", "a-b", "a_b", "aB", "ab", "Ä", "z", "~"];
    let sessions = ids.map(|id| session(id, "north", (0, 9), 1)).to_vec();
    trial.record(&[visited(nth(1), sessions)], day(10)).await;
    for kind in RecordKind::PAGED {
        let pages = trial.store.records(kind, RecordOrder::ForComparing, 3);
        let read = keys(&pages.try_collect::<Vec<_>>().await.unwrap());
        let mut sorted = read.clone();
        match kind {
            RecordKind::Asn => sorted.sort_by_key(|key| key.parse::<u32>().unwrap()),
            _ => sorted.sort(),
        }
        assert_eq!(read, sorted);
    }
}

/// The keys of the rows read.
fn keys(pages: &[Page]) -> Vec<String> {
    fn of<T: TransferRecord>(rows: &[T]) -> Vec<String> {
        rows.iter().map(TransferRecord::key_text).collect()
    }
    let keys = pages.iter().flat_map(|page| match &page.records {
        RecordSet::Asns(rows) => of(rows),
        RecordSet::Addresses(rows) => of(rows),
        RecordSet::Sessions(rows) => of(rows),
    });
    keys.collect()
}
