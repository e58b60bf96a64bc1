//! A transaction: its end, and what is known of it.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;

use crate::deltas::Counting;
use crate::engine::access::WriteMark;
use crate::engine::audit_rows::AuditRows;
use crate::engine::claim_addresses::ClaimAddresses;
use crate::engine::count_listed::CountListed;
use crate::engine::keep_copy_marks::KeepCopyMarks;
use crate::engine::keep_providers::KeepProviders;
use crate::engine::keep_repairs::KeepRepairs;
use crate::engine::read_activity::ReadActivity;
use crate::engine::read_address_heads::ReadAddressHeads;
use crate::engine::read_address_keys::ReadAddressKeys;
use crate::engine::read_addresses::ReadAddresses;
use crate::engine::read_asns::ReadAsns;
use crate::engine::read_moves::ReadMoves;
use crate::engine::read_section_values::ReadSectionValues;
use crate::engine::read_sessions::ReadSessions;
use crate::engine::read_totals::ReadTotals;
use crate::engine::respell_addresses::RespellAddresses;
use crate::engine::write_addresses::WriteAddresses;
use crate::engine::write_asns::WriteAsns;
use crate::engine::write_sessions::WriteSessions;

/// A transaction.
///
/// Sets of rows are passed in ascending order of their keys, without duplicates. Methods that return sets leave out
/// rows that do not exist.
#[async_trait]
pub trait Tx:
    ReadAddresses
    + ReadActivity
    + ReadAddressHeads
    + ReadAddressKeys
    + ReadAsns
    + ReadMoves
    + ReadSectionValues
    + ReadSessions
    + ReadTotals
    + AuditRows
    + ClaimAddresses
    + CountListed
    + KeepProviders
    + KeepCopyMarks
    + KeepRepairs
    + WriteAsns
    + WriteAddresses
    + WriteSessions
    + RespellAddresses
{
    /// Makes the writes durable and visible.
    async fn commit(self) -> Result<(), Self::Error>;

    /// Which side counts what this transaction writes. The operation counts, unless triggers of other programs may
    /// write more than it does.
    fn counting(&self) -> Counting;

    /// Whether a foreign key prevents sessions from being stored before their source address.
    fn sessions_have_addresses(&self) -> bool;

    /// Whether sessions must have a source address, as adopted tables may require.
    fn sessions_need_sources(&self) -> bool {
        false
    }

    /// [`Engine::write_mark`](crate::Engine::write_mark) under the lock of a writing transaction.
    async fn write_mark(&mut self) -> Result<Option<WriteMark>, Self::Error>;

    /// The current time by a running clock that the processes on this database share.
    async fn clock(&mut self) -> Result<Timestamp, Self::Error>;
}
