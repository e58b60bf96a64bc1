//! Reading rows to copy them: what each row is, or why it cannot be copied.

use std::collections::{BTreeSet, HashMap};

use futures::FutureExt as _;
use ipcascade_core::{
    AddressRecord, AsnRecord, CopyMark, HistoryRow, LeftOut, Page, RecordKind, Records,
    SessionRecord, StoreResult, Which,
};
use serde_json::Value;

use crate::engine::{Access, Engine, Lock, Tx};
use crate::stored::{DocumentedSession, StoredAddress, StoredAsn, StoredHistory};

/// Reads rows of `kind` with all that is stored of them, addresses with their history.
///
/// # Errors
///
/// When the store fails.
pub async fn read_records<E: Engine>(
    engine: &E,
    kind: RecordKind,
    which: Which<'_>,
) -> StoreResult<Page> {
    engine
        .run("reading rows to copy", || page(engine, kind, which).boxed())
        .await
}

/// Reads how far copies have come of which this store is the target.
///
/// # Errors
///
/// When the store fails.
pub async fn copy_marks<E: Engine>(engine: &E) -> StoreResult<Vec<CopyMark>> {
    let read = || async { engine.begin(Access::Page).await?.copy_marks().await };
    engine
        .run("reading how far copies have come", || read().boxed())
        .await
}

async fn page<E: Engine>(engine: &E, kind: RecordKind, which: Which<'_>) -> Result<Page, E::Error> {
    let mut tx = engine.begin(Access::Page).await?;
    let mut left_out = Vec::new();
    let (records, last) = match kind {
        RecordKind::Asn => {
            let (rows, last) = match which {
                Which::Keys(keys) => (tx.asns(&numbers(keys), Lock::No).await?, None),
                Which::Page { after, limit } => tx.asn_page(after, limit.into()).await?,
            };
            let records = kept(rows.iter().map(asn_record), &mut left_out);
            (Records::Asns(records), last)
        }
        RecordKind::Address | RecordKind::History => {
            let (rows, last) = match which {
                Which::Keys(keys) => (tx.addresses(keys, Lock::No).await?, None),
                Which::Page { after, limit } => tx.address_page(after, limit.into()).await?,
            };
            let records = addresses(&mut tx, &rows, &mut left_out).await?;
            (Records::Addresses(records), last)
        }
        RecordKind::Session => {
            let (rows, last) = tx.documented_sessions(which).await?;
            let records = kept(rows.iter().map(session_record), &mut left_out);
            (Records::Sessions(records), last)
        }
    };
    Ok(Page {
        records,
        left_out,
        last,
    })
}

/// Those of `keys` that are numbers, in ascending order.
fn numbers(keys: &[String]) -> Vec<i64> {
    let numbers: BTreeSet<i64> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    numbers.into_iter().collect()
}

fn kept<T>(
    records: impl Iterator<Item = Result<T, LeftOut>>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<T> {
    let keep = |record: Result<T, LeftOut>| record.map_err(|row| left_out.push(row)).ok();
    records.filter_map(keep).collect()
}

fn left_out(kind: RecordKind, key: impl Into<String>, reason: &str) -> LeftOut {
    LeftOut {
        kind,
        key: key.into(),
        reason: reason.to_owned(),
    }
}

/// The rows with their history.
async fn addresses<T: Tx>(
    tx: &mut T,
    rows: &[StoredAddress],
    refused: &mut Vec<LeftOut>,
) -> Result<Vec<AddressRecord>, T::Error> {
    let keys: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
    let session_rows = tx.session_rows(&keys).await?;
    let rows = rows.iter().map(|row| {
        let stored = session_rows.get(&row.key).copied().unwrap_or_default();
        address_record(row, stored)
    });
    let mut records = kept(rows, refused);
    let keys: Vec<String> = records
        .iter()
        .map(|record| record.row.address.to_string())
        .collect();
    let stored = tx.history(&keys).await?;
    let mut history: HashMap<_, Vec<HistoryRow>> = HashMap::new();
    for row in kept(stored.iter().map(history_row), refused) {
        history.entry(row.address).or_default().push(row);
    }
    for record in &mut records {
        record.history = history.remove(&record.row.address).unwrap_or_default();
    }
    Ok(records)
}

pub(crate) fn asn_record(stored: &StoredAsn) -> Result<AsnRecord, LeftOut> {
    let number = stored.number;
    let refused = || left_out(RecordKind::Asn, number.to_string(), LeftOut::NO_ASN);
    Ok(AsnRecord {
        row: stored.decode().ok_or_else(refused)?,
        enrichment_updated_at: stored.enrichment_updated_at,
    })
}

/// An address of which `session_rows` sessions are stored, without its history.
pub(crate) fn address_record(
    stored: &StoredAddress,
    session_rows: u64,
) -> Result<AddressRecord, LeftOut> {
    let refused = |reason| left_out(RecordKind::Address, &stored.key, reason);
    let (row, _) = stored
        .decode()
        .ok_or_else(|| refused(LeftOut::NO_ADDRESS))?;
    if row.address.to_string() != stored.key {
        return Err(refused(LeftOut::SPELLING));
    }
    Ok(AddressRecord {
        row,
        sessions_without_row: stored.sessions.only_counted(session_rows),
        enrichment_version: stored.enrichment_version.clone(),
        history: Vec::new(),
    })
}

fn history_row(stored: &StoredHistory) -> Result<HistoryRow, LeftOut> {
    let number = stored.number.map(|number| format!(" {number}"));
    let key = || format!("{}{}", stored.key, number.unwrap_or_default());
    stored
        .decode()
        .map_err(|reason| left_out(RecordKind::History, key(), reason))
}

pub(crate) fn session_record(stored: &DocumentedSession) -> Result<SessionRecord, LeftOut> {
    let Some(id) = &stored.row.session_id else {
        return Err(left_out(RecordKind::Session, "", LeftOut::NO_ID));
    };
    let row = stored.row.decode();
    if row.source_ip.is_none() && stored.row.source_ip.is_some() {
        return Err(left_out(
            RecordKind::Session,
            id,
            LeftOut::NO_SOURCE_ADDRESS,
        ));
    }
    // A document of others is kept whatever its text is.
    let read = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
    let enrichment: Option<Value> = stored.document.as_ref().map(read);
    Ok(SessionRecord { row, enrichment })
}
