//! What a transaction has repaired.

use std::collections::BTreeMap;

use ipcascade_core::store::{Check, RepairChange};

use crate::plan::AddressRepair;

/// The changes of a batch.
#[derive(Default)]
pub(super) struct RepairedBatch {
    pub(super) repaired: BTreeMap<Check, u64>,
    pub(super) changes: Vec<RepairChange>,
}

impl RepairedBatch {
    pub(super) fn of(repairs: &[AddressRepair]) -> Self {
        let mut done = Self::default();
        for repair in repairs {
            for check in &repair.repaired {
                done.note(*check, 1);
            }
            done.changes.extend(repair.changes.iter().cloned());
        }
        done
    }

    pub(super) fn note(&mut self, check: Check, rows: u64) {
        if rows > 0 {
            *self.repaired.entry(check).or_default() += rows;
        }
    }
}

/// What was repaired of a page, and its last position; `None` if there are no more.
pub(super) type RepairedPage<E> = Result<(RepairedBatch, Option<String>), E>;
