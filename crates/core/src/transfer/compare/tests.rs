//! Which rows of two stores are paired, and what differs.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};

use crate::clock::Timestamp;
use crate::policy::Policy;
use crate::store::{
    CopyMark, EventIds, ImportBatch, ImportReport, Page, RecordKind, RecordOrder, RecordSet,
    SessionRecord, SessionRow, StoreError, StoreErrorKind, StoreResult, Totals, Transfer,
};
use crate::transfer::compare::comparison::CopyDifference;
use crate::transfer::compare::merge::compare;
use crate::transfer::progress::CopyOptions;

/// Sessions, two in a page; a key ends where a `:` begins its number of events.
#[derive(Debug)]
struct SessionPages(&'static [&'static str]);

impl SessionPages {
    fn record(text: &str) -> SessionRecord {
        let (id, events) = text.split_once(':').unwrap_or((text, "1"));
        SessionRecord {
            row: SessionRow {
                session_id: id.to_owned(),
                source_ip: None,
                sensor: None,
                first_event_at: None,
                last_event_at: None,
                event_count: events.parse().unwrap(),
                snapshot_asn: None,
                snapshot_country: None,
                enrichment_at: None,
                event_ids: EventIds::default(),
            },
            enrichment: None,
        }
    }
}

#[async_trait]
impl Transfer for SessionPages {
    fn records(
        &self,
        kind: RecordKind,
        _: RecordOrder<'_>,
        _: u32,
    ) -> BoxStream<'_, StoreResult<Page>> {
        let rows = match kind {
            RecordKind::Session => self.0,
            _ => &[],
        };
        let page = |rows: &[&str]| Page {
            records: RecordSet::Sessions(rows.iter().map(|text| Self::record(text)).collect()),
            left_out: Vec::new(),
            last: None,
        };
        stream::iter(rows.chunks(2).map(move |rows| Ok(page(rows)))).boxed()
    }

    async fn import(&self, _: &ImportBatch<'_>) -> StoreResult<ImportReport> {
        Err(StoreError::new(StoreErrorKind::Other, "only read"))
    }

    async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>> {
        Ok(Vec::new())
    }
}

async fn compared(
    source: &'static [&'static str],
    target: &'static [&'static str],
) -> (u64, Option<CopyDifference>) {
    let policy = Policy::new(Vec::new());
    let options = CopyOptions {
        source: "test://",
        batch_size: 2,
        examples: 9,
        policy: &policy,
        now: Timestamp::default(),
    };
    let (source, target) = (SessionPages(source), SessionPages(target));
    let totals = Totals::default();
    let compared = compare(&source, &target, &options, &totals, &|_| true, 0);
    let mut comparison = compared.await.unwrap().unwrap();
    let equal = comparison.equal.remove(&RecordKind::Session);
    let difference = comparison.differences.remove(&RecordKind::Session);
    (equal.unwrap_or_default(), difference)
}

fn difference(missing: u64, extra: u64, different: u64, examples: &[&str]) -> CopyDifference {
    CopyDifference {
        missing,
        extra,
        different,
        examples: examples.iter().map(ToString::to_string).collect(),
    }
}

#[tokio::test]
async fn what_only_one_has_is_found_wherever_it_stands() {
    let all = &["a", "b", "c", "d", "e"];
    assert_eq!(compared(all, all).await, (5, None));
    assert_eq!(compared(&[], &[]).await, (0, None));
    let lacks = difference(3, 0, 0, &["a", "c", "e"]);
    assert_eq!(compared(all, &["b", "d"]).await, (2, Some(lacks)));
    let has_more = difference(0, 3, 0, &["a", "c", "e"]);
    assert_eq!(compared(&["b", "d"], all).await, (2, Some(has_more)));
    let others = difference(0, 0, 1, &["c"]);
    let found = compared(all, &["a", "b", "c:2", "d", "e"]).await;
    assert_eq!(found, (4, Some(others)));
}

#[tokio::test]
async fn a_row_that_comes_in_another_place_is_found() {
    // Without its U+0000 a key sorts elsewhere.
    let found = compared(&["a\0z", "ab", "c"], &["ab", "az", "c"]).await;
    assert_eq!(found, (3, None));
    let found = compared(&["c", "a", "b"], &["a", "b", "c"]).await;
    assert_eq!(found, (3, None));
}

#[tokio::test]
async fn of_rows_with_one_key_each_is_compared() {
    let twice = difference(0, 0, 1, &["a"]);
    assert_eq!(
        compared(&["a", "a:2", "b"], &["a:2", "b"]).await,
        (2, Some(twice))
    );
}
