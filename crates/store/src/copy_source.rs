//! Reads rows to copy them: the content of each row, or why it cannot be copied.

use std::collections::{BTreeSet, HashMap};

use futures::FutureExt as _;
use futures::stream::{BoxStream, StreamExt as _, TryChunksError, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::store::{
    AddressRecord, AsnRecord, CopyMark, HistoryRow, Page, RecordKind, RecordOrder, RecordSet,
    SessionRecord, StoreResult, UncopiedRow,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::{Access, Engine, KeepCopyMarks as _, ReadAddresses as _, ReadSessions as _};
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::schema::{ASN_INVENTORY, IP_INVENTORY, SESSION_SUMMARIES};
use crate::stored_rows::{DocumentedSession, StoredAddress, StoredAsn, StoredHistory};

const ACTION: &str = "read rows to copy";

/// Reads all rows of `kind` with everything stored with them, as specified for
/// [`Transfer::records`](ipcascade_core::store::Transfer::records).
pub fn records<'e, E: Engine>(
    engine: &'e E,
    kind: RecordKind,
    order: RecordOrder<'_>,
    page_size: u32,
) -> BoxStream<'e, StoreResult<Page>> {
    let (listing, after) = listing(kind, order);
    let rows = engine
        .rows(&listing)
        .map_err(move |error| engine.explain(ACTION, error));
    let is_known = move |row: &StoredRow| after.as_ref().is_some_and(|after| after.covers(row));
    let size = usize::try_from(page_size.max(1)).unwrap_or(usize::MAX);
    rows.try_skip_while(move |row| std::future::ready(Ok(is_known(row))))
        .try_chunks(size)
        .map_err(|TryChunksError(_, error)| error)
        .and_then(move |rows| page(engine, kind, rows))
        .boxed()
}

/// Reads the progress of the copies whose target this store is.
///
/// # Errors
///
/// If the store fails.
pub async fn copy_marks<E: Engine>(engine: &E) -> StoreResult<Vec<CopyMark>> {
    let read = || async { engine.begin(Access::Page).await?.copy_marks().await };
    engine
        .run("read how far copies have come", || read().boxed())
        .await
}

/// Which rows are read in which order, and the last row that is not to be read again.
fn listing(kind: RecordKind, order: RecordOrder<'_>) -> (Listing, Option<Position>) {
    let (table, along) = match kind {
        RecordKind::Asn => (ASN_INVENTORY, "asn_number"),
        RecordKind::Address | RecordKind::History => (IP_INVENTORY, "ip_address"),
        RecordKind::Session => (SESSION_SUMMARIES, "source_ip"),
    };
    let mut listing = Listing::whole(table);
    let RecordOrder::ForCopying { after } = order else {
        return (listing, None);
    };
    listing.along = Some(along);
    let after = after.and_then(Position::read);
    let test = match &after {
        Some(Position::Asn(number)) => Some(Test::Reached(Cell::Number(*number))),
        Some(Position::Address(key)) => Some(Test::Reached(Cell::Text(key.clone()))),
        Some(Position::Session(Some(source), _)) => Some(Test::Reached(Cell::Text(source.clone()))),
        Some(Position::Session(None, _)) => Some(Test::Unknown),
        None => None,
    };
    if let Some(test) = test {
        listing.add(along, test);
    }
    (listing, after)
}

/// A row in the order for copying.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Position {
    Asn(i64),
    Address(String),
    /// Its source, and its key.
    Session(Option<String>, String),
}

impl Position {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The position of `row`, if its place matches its key; for odd keys databases do not agree on that.
    fn of(row: &StoredRow) -> Option<Self> {
        let is_plain = |key: &&String| key.parse::<Address>().is_ok();
        match row {
            StoredRow::Asn(row) => Some(Self::Asn(row.number)),
            StoredRow::Address(row) => Some(&row.key).filter(is_plain).cloned().map(Self::Address),
            StoredRow::DocumentedSession(DocumentedSession { row, .. }) => {
                let source = row.source_ip.as_ref();
                if !source.as_ref().is_none_or(is_plain) {
                    return None;
                }
                Some(Self::Session(source.cloned(), row.session_id.clone()?))
            }
            StoredRow::Session(_) => None,
        }
    }

    /// Whether `row`, which comes next in its list, is at or before this position.
    fn covers(&self, row: &StoredRow) -> bool {
        match (self, Self::of(row)) {
            (Self::Session(source, id), Some(Self::Session(of, row))) => {
                *source == of && row <= *id
            }
            (_, position) => position.as_ref() == Some(self),
        }
    }
}

/// The rows as records.
async fn page<E: Engine>(engine: &E, kind: RecordKind, rows: Vec<StoredRow>) -> StoreResult<Page> {
    let last = rows.last().and_then(Position::of);
    let mut left_out = Vec::new();
    let records = match kind {
        RecordKind::Asn => {
            let rows = rows.iter().filter_map(|row| match row {
                StoredRow::Asn(row) => Some(asn_record(row)),
                _ => None,
            });
            RecordSet::Asns(kept(rows, &mut left_out))
        }
        RecordKind::Address | RecordKind::History => {
            let rows = rows.into_iter().filter_map(|row| match row {
                StoredRow::Address(row) => Some(row),
                _ => None,
            });
            let rows: Vec<StoredAddress> = rows.collect();
            let read = engine.run(ACTION, || addresses(engine, &rows).boxed());
            let (records, refused) = read.await?;
            left_out = refused;
            RecordSet::Addresses(records)
        }
        RecordKind::Session => {
            let rows = rows.iter().filter_map(|row| match row {
                StoredRow::DocumentedSession(row) => Some(session_record(row)),
                _ => None,
            });
            RecordSet::Sessions(kept(rows, &mut left_out))
        }
    };
    Ok(Page {
        records,
        left_out,
        last: last.and_then(|position| serde_json::to_string(&position).ok()),
    })
}

fn kept<T>(
    records: impl Iterator<Item = Result<T, UncopiedRow>>,
    left_out: &mut Vec<UncopiedRow>,
) -> Vec<T> {
    let keep = |record: Result<T, UncopiedRow>| record.map_err(|row| left_out.push(row)).ok();
    records.filter_map(keep).collect()
}

fn left_out(kind: RecordKind, key: impl Into<String>, reason: &str) -> UncopiedRow {
    UncopiedRow {
        kind,
        key: key.into(),
        reason: reason.to_owned(),
    }
}

/// The rows with their history, and those that cannot be copied.
async fn addresses<E: Engine>(
    engine: &E,
    rows: &[StoredAddress],
) -> Result<(Vec<AddressRecord>, Vec<UncopiedRow>), E::Error> {
    let mut tx = engine.begin(Access::Page).await?;
    let mut refused = Vec::new();
    let mut keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    let session_rows = tx.session_rows(&keys).await?;
    let rows = rows.iter().map(|row| {
        let stored = session_rows.get(&row.key).copied().unwrap_or_default();
        address_record(row, stored)
    });
    let mut records = kept(rows, &mut refused);
    let known: BTreeSet<String> = records
        .iter()
        .map(|record| record.row.address.to_string())
        .collect();
    let keys: Vec<String> = known.into_iter().collect();
    let stored = tx.history(&keys).await?;
    let mut history: HashMap<_, Vec<HistoryRow>> = HashMap::new();
    for row in kept(stored.iter().map(history_row), &mut refused) {
        history.entry(row.address).or_default().push(row);
    }
    for record in &mut records {
        record.history = history.remove(&record.row.address).unwrap_or_default();
    }
    Ok((records, refused))
}

pub(crate) fn asn_record(stored: &StoredAsn) -> Result<AsnRecord, UncopiedRow> {
    let number = stored.number;
    let refused = || left_out(RecordKind::Asn, number.to_string(), UncopiedRow::NO_ASN);
    Ok(AsnRecord {
        row: stored.decode().ok_or_else(refused)?,
        enrichment_updated_at: stored.enrichment_updated_at,
    })
}

/// An address with `session_rows` stored sessions, without its history.
pub(crate) fn address_record(
    stored: &StoredAddress,
    session_rows: u64,
) -> Result<AddressRecord, UncopiedRow> {
    let refused = |reason| left_out(RecordKind::Address, &stored.key, reason);
    let (row, _) = stored
        .decode()
        .ok_or_else(|| refused(UncopiedRow::NO_ADDRESS))?;
    if row.address.to_string() != stored.key {
        return Err(refused(UncopiedRow::SPELLING));
    }
    Ok(AddressRecord {
        row,
        sessions_without_row: stored.sessions.only_counted(session_rows),
        enrichment_version: stored.enrichment_version.clone(),
        history: Vec::new(),
    })
}

fn history_row(stored: &StoredHistory) -> Result<HistoryRow, UncopiedRow> {
    let number = stored.number.map(|number| format!(" {number}"));
    let key = || format!("{}{}", stored.key, number.unwrap_or_default());
    stored
        .decode()
        .map_err(|reason| left_out(RecordKind::History, key(), reason))
}

pub(crate) fn session_record(stored: &DocumentedSession) -> Result<SessionRecord, UncopiedRow> {
    let Some(id) = &stored.row.session_id else {
        return Err(left_out(RecordKind::Session, "", UncopiedRow::NO_ID));
    };
    let row = stored.row.decode();
    if row.source_ip.is_none() && stored.row.source_ip.is_some() {
        return Err(left_out(
            RecordKind::Session,
            id,
            UncopiedRow::NO_SOURCE_ADDRESS,
        ));
    }
    // A document of another program is kept whatever its text.
    let read = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
    let enrichment: Option<Value> = stored.document.as_ref().map(read);
    Ok(SessionRecord { row, enrichment })
}
