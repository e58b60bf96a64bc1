//! What becomes of each row when a batch is recorded: pure functions that both stores share, so
//! that they cannot disagree.
//!
//! A store reads the rows that the batch touches (locked, in one transaction), asks [`plan`] and
//! [`plan_sessions`] what they become, and writes that. Statistics of autonomous systems
//! (`unique_ip_count`, `total_session_count`, `first_seen`, `last_seen`) and `session_count` of
//! addresses are not part of the plan: the stores keep them exact with triggers, which also see
//! what other programs write.

mod addresses;
mod backfill;
mod evidence;
mod row_audit;
mod sessions;

pub use addresses::{Plan, PlannedAddress, PlannedAsn, plan};
pub use backfill::{AsnSums, next_batch, preview, reason_to_skip, rebuilt};
pub use evidence::{Conflict, EvidenceTally};
pub use row_audit::{RowAudit, StoredRow, audit_row};
pub use sessions::{PlannedSession, plan_sessions, session_keys};
