//! All triggers, in the order in which they are created.

use super::trigger::{ForeignColumns, Trigger};
use super::{addresses, asns, history, sessions};

/// Every trigger.
pub(crate) fn triggers(foreign: &ForeignColumns) -> Vec<Trigger> {
    [
        asns::triggers(foreign),
        addresses::joining(),
        history::triggers(foreign),
        addresses::counted(),
        sessions::triggers(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
