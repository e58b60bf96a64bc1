//! What operations write of ASes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRecord, AsnRow};

use crate::locking::Fallible;
use crate::stored_rows::StoredAsn;

/// Which columns of an AS row are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsnColumns {
    /// The metadata, and where it comes from.
    Metadata,
    /// Counts and the span of time.
    Statistics,
    /// All of them.
    All,
}

/// Writes sets of AS rows.
#[async_trait]
pub trait WriteAsns: Fallible {
    /// Adds the missing AS rows, with their counts; returns the numbers of those added.
    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> Result<BTreeSet<Asn>, Self::Error>;

    /// Writes columns of existing AS rows.
    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes only the counts and spans of existing, locked AS rows.
    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> Result<(), Self::Error>;

    /// Writes all columns of existing AS rows, except counts.
    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> Result<(), Self::Error>;
}
