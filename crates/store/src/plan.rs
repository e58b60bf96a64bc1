//! What becomes of rows: pure functions from what is stored and what is new to what is to be stored.
//!
//! An operation reads the rows that it touches (locked, in one transaction), asks a plan what they
//! become, and writes that. Statistics of autonomous systems and the number of sessions of addresses
//! are not part of the plan of a batch: triggers keep them exact, which also see what other programs
//! write.

mod addresses;
mod backfill;
mod evidence;
mod repair;
mod row_audit;
mod sessions;
mod twins;

pub use addresses::{Plan, PlannedAddress, PlannedAsn, plan};
pub use backfill::{AsnSums, buildable, next_batch, reason_to_skip, rebuilt};
pub use evidence::{Conflict, EvidenceTally};
pub use repair::*;
pub use row_audit::{RowAudit, StoredRow, audit_row};
pub use sessions::{PlannedSession, SessionKey, plan_sessions, session_keys};
