//! Decides what becomes of rows: pure functions from what is stored and what is new to what is to be stored.
//!
//! An operation reads the rows that it touches (locked, in one transaction), asks a plan what they become, and writes
//! that; [`counting`](crate::counting) derives the changes of the statistics.

mod address_repair;
mod addresses;
mod answers;
mod backfill;
mod evidence;
mod planned_batch;
mod repair;
mod row_audit;
mod session_key;
mod session_row;
mod sessions;
mod twins;
mod unplaced_sessions;

pub use address_repair::{AddressRepair, attributed_since, plan_repairs};
pub use addresses::plan;
pub use backfill::{AsnSums, buildable, next_batch, reason_to_skip, rebuilt};
pub use evidence::{Conflict, EvidenceTally};
pub use planned_batch::{Change, KnownAddress, Plan, PlannedAddress, PlannedAsn};
pub use repair::{
    Rules, asn_faults, audit, faults, needs_repair, plan_asn, row_for_sessions, seen_of,
    sources_by_address,
};
pub use row_audit::{AuditedRow, RowAudit, audit_row};
pub use session_key::SessionKey;
pub use sessions::{
    KnownSession, PlannedSession, other_session_keys, plan_sessions, seen_before, session_keys,
};
pub use unplaced_sessions::{Unplaced, plan_unplaced, unplaced_keys};
