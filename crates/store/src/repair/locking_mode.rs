//! Which transactions a repair takes and what it locks: a dry run only reads.

use ipcascade_core::store::RepairOptions;

use crate::engine::Access;
use crate::locking::Lock;

pub(super) const fn access(options: &RepairOptions<'_>) -> Access {
    match options.dry_run {
        true => Access::Snapshot,
        false => Access::Write,
    }
}

pub(super) const fn lock(options: &RepairOptions<'_>) -> Lock {
    match options.dry_run {
        true => Lock::No,
        false => Lock::Yes,
    }
}
