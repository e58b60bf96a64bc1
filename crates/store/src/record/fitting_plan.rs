//! Plans a batch for what the columns of the database hold.

use std::collections::HashMap;

use ipcascade_core::address::Address;
use ipcascade_core::store::Batch;

use crate::engine::Engine;
use crate::plan::{
    Change, KnownAddress, KnownSession, Plan, PlannedAddress, PlannedSession, plan, plan_sessions,
};

pub(super) fn plan_sessions_of<E: Engine>(
    engine: &E,
    addresses: &[PlannedAddress<'_>],
    existing: HashMap<String, KnownSession>,
    batch: &Batch<'_>,
) -> Vec<PlannedSession> {
    let mut sessions = plan_sessions(addresses, existing, batch.policy, batch.now);
    for session in &mut sessions {
        let snapshot = &mut session.row.snapshot_asn;
        *snapshot = snapshot.filter(|&asn| engine.holds(asn));
    }
    sessions
}

/// The plan, without what does not fit the columns.
pub(super) fn plan_batch<'b, E: Engine>(
    engine: &E,
    batch: &Batch<'b>,
    known: HashMap<Address, KnownAddress>,
) -> Plan<'b> {
    let mut planned = plan(batch, known);
    let mut kept_out = 0_u64;
    for address in &mut planned.addresses {
        let is_written = address.is_new() || address.change == Change::Answers;
        if is_written
            && address
                .row
                .current_asn
                .is_some_and(|asn| !engine.holds(asn))
        {
            address.row.current_asn = None;
            address.history = None;
            kept_out += 1;
        }
    }
    planned.asns.retain(|&asn, _| engine.holds(asn));
    if kept_out > 0 {
        tracing::warn!(
            addresses = kept_out,
            "left without an AS: its number does not fit the INTEGER columns of this database; \
             `ipcascade migrate --widen-asn` makes room"
        );
    }
    planned
}
