//! What is done to a store, in random order.

use ipcascade_core::field::Field;

use super::super::random::RandomUpdate;
use super::fault::ForeignFault;
use super::foreign_statements::ForeignAct;
use super::lists::ListQuestion;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// Records a batch; updates may be for stored addresses only.
    Record(Vec<(RandomUpdate, bool)>),
    /// Another program writes.
    Foreign(ForeignAct),
    /// Plants invalid rows.
    Plant(ForeignFault),
    /// Builds AS rows.
    Backfill {
        limit: Option<u64>,
        since: Option<i64>,
        batch_size: u64,
        overwrite_metadata: bool,
        dry_run: bool,
    },
    /// Repairs faults.
    Repair { batch_size: u64, dry_run: bool },
    /// Claims everything that is due, and leases it for some hours.
    Claim {
        /// How many days sections of each provider stay fresh.
        last: [Option<i64>; 3],
        /// Whether a section of the registry is only due where no AS is known.
        is_conditional: bool,
        unattributed_only: bool,
        scarce: bool,
    },
    /// Makes an index of a merged field, or drops it.
    Index { field: Field, is_made: bool },
    /// Lists rows.
    List(ListQuestion),
    /// Reports faults.
    Verify,
    /// Lets days pass.
    Wait(i64),
}
