//! Writes a batch: in parts where transactions can write concurrently, and the mark after them.

use std::collections::BTreeSet;

use futures::FutureExt as _;
use futures::future::join_all;
use ipcascade_core::store::{
    ImportBatch, ImportReport, RecordKind, RecordSet, StoreErrorKind, StoreResult,
};

use crate::engine::{Engine, RecordRef};
use crate::import::lanes::parts;
use crate::import::transaction::{after, once};

/// Writes the rows of `batch` exactly as they are, except counts, which are those of the rows stored here. Where
/// transactions can write concurrently, parts of the batch do, and the mark follows.
///
/// # Errors
///
/// If the store fails; writing the batch again then finds what is stored of it.
pub async fn import<E: Engine>(engine: &E, batch: &ImportBatch<'_>) -> StoreResult<ImportReport> {
    match import_fitting(engine, batch).await {
        Err(error) if error.kind == StoreErrorKind::Unfit => {
            // Rows with a character that the encoding of this database lacks are misfits from then on.
            engine.unfit(&characters(batch.records)).await?;
            import_fitting(engine, batch).await
        }
        imported => imported,
    }
}

/// The characters of rows that an encoding may lack.
fn characters(records: &RecordSet) -> BTreeSet<char> {
    let texts: Vec<String> = match records {
        RecordSet::Asns(rows) => rows.iter().map(|row| RecordRef::Asn(row).text()).collect(),
        RecordSet::Addresses(rows) => rows
            .iter()
            .map(|row| RecordRef::Address(row).text())
            .collect(),
        RecordSet::Sessions(rows) => rows
            .iter()
            .map(|row| RecordRef::Session(row).text())
            .collect(),
    };
    let characters = texts.iter().flat_map(|text| text.chars());
    characters.filter(|c| !c.is_ascii()).collect()
}

async fn import_fitting<E: Engine>(
    engine: &E,
    batch: &ImportBatch<'_>,
) -> StoreResult<ImportReport> {
    const ACTION: &str = "import a batch";
    let (mark, now) = (batch.mark, batch.now);
    let parts = parts(batch.records, engine.lanes());
    if parts.is_empty() {
        return engine
            .run(ACTION, || {
                once(engine, batch.records, now, Some(mark)).boxed()
            })
            .await;
    }
    let part = |records| engine.run(ACTION, move || once(engine, records, now, None).boxed());
    let mut report = ImportReport::default();
    for written in join_all(parts.iter().map(part)).await {
        report += written?;
    }
    let mark = after(mark, &report);
    let none = RecordSet::none(RecordKind::Asn);
    engine
        .run(ACTION, || once(engine, &none, now, Some(&mark)).boxed())
        .await?;
    Ok(report)
}
