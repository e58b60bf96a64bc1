//! Names of functions, and of the trigger on the pending tables.

pub(super) const ADDRESSES: &str = "ipcascade_count_addresses";
pub(super) const SESSIONS: &str = "ipcascade_count_sessions";
pub(super) const HISTORY: &str = "ipcascade_keep_history";
pub(super) const SETTLE: &str = "ipcascade_settle";

/// The trigger on each pending table, which fires at the commit of the writer.
pub(crate) const SETTLED: &str = "ipcascade_settled";
