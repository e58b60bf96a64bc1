//! Numbers of advisory locks.

/// The key of the advisory lock under which schemas are changed: `ipcascad` in ASCII.
pub(crate) const MIGRATION_LOCK: i64 = 0x6970_6361_7363_6164;

/// The key of the advisory lock under which indexes are built concurrently.
pub(crate) const INDEX_LOCK: i64 = MIGRATION_LOCK + 1;
