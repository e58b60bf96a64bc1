//! The memory store does what every store must, as far as that takes no SQL.

use ipcascade_testkit::store::{MemorySubject, Subject};

async fn fresh() -> Option<Box<dyn Subject>> {
    Some(Box::new(MemorySubject::default()))
}

ipcascade_testkit::store_conformance!(fresh:
    recording sessions statistics counts history lists claims providers backfill copying faults random operations
);
