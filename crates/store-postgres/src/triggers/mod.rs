//! The triggers that count writes and keep the history, and the functions that they call.
//! While a transaction of ours counts for itself they are set aside: see `triggers_aside`.

mod function;
mod names;
mod pending;
mod target_columns;
mod trigger;

pub(crate) use function::plan_functions;
pub(crate) use names::SETTLED;
pub(crate) use trigger::plan_triggers;
