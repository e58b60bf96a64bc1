//! What a database must provide for the operations of this crate: begin and end transactions, read and lock rows by
//! key, scan them, and write sets of them. An engine contains SQL and no rule.

mod access;
mod audit_rows;
mod claim_addresses;
mod count_listed;
#[expect(clippy::module_inception, reason = "engines, in general")]
mod engine;
mod keep_copy_marks;
mod keep_providers;
mod keep_repairs;
mod read_activity;
mod read_address_heads;
mod read_address_keys;
mod read_addresses;
mod read_asns;
mod read_moves;
mod read_section_values;
mod read_sessions;
mod read_totals;
mod record_ref;
mod respell_addresses;
mod row_block;
mod transaction;
mod write_addresses;
mod write_asns;
mod write_sessions;

pub use access::{Access, WriteMark};
pub use audit_rows::AuditRows;
pub use claim_addresses::{Candidates, ClaimAddresses, Lease};
pub use count_listed::CountListed;
pub use engine::Engine;
pub use keep_copy_marks::KeepCopyMarks;
pub use keep_providers::KeepProviders;
pub use keep_repairs::KeepRepairs;
pub use read_activity::{ReadActivity, StoredActivity};
pub use read_address_heads::ReadAddressHeads;
pub use read_address_keys::ReadAddressKeys;
pub use read_addresses::ReadAddresses;
pub use read_asns::ReadAsns;
pub use read_moves::ReadMoves;
pub use read_section_values::ReadSectionValues;
pub use read_sessions::{ReadSessions, SessionsOf};
pub use read_totals::ReadTotals;
pub use record_ref::RecordRef;
pub use respell_addresses::RespellAddresses;
pub use row_block::RowBlock;
pub use transaction::Tx;
pub use write_addresses::{CountedAddress, Touched, WriteAddresses};
pub use write_asns::{AsnColumns, WriteAsns};
pub use write_sessions::{SessionSnapshot, WriteSessions};
