//! Sections that were put together before.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use ipcascade_core::LookupFailure;
use lru::LruCache;
use serde_json::{Map, Value};

/// How many parts the cache has, so that batches that run at once seldom wait for each other.
const SHARDS: usize = 16;
/// How many sections each part holds. A section of all fields takes about 2 KiB.
const SECTIONS: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");

/// What a combination of records comes to.
#[derive(Clone, Debug)]
pub(crate) enum Merged {
    /// These fields, shared by all addresses with the same records.
    Fields(Arc<Map<String, Value>>),
    /// Nothing that is known as a field.
    Nothing,
    /// Nothing can be read.
    Broken(LookupFailure),
}

type Shard = Mutex<LruCache<Box<[usize]>, Merged>>;

/// The merged records by where they are: the offset in each file.
pub(crate) struct Cache([Shard; SHARDS]);

impl Cache {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(LruCache::new(SECTIONS))))
    }

    /// What the records at `offsets` come to, by `merge` if that is not known.
    pub(crate) fn get_or(&self, offsets: &[usize], merge: impl FnOnce() -> Merged) -> Merged {
        let shard = self.shard(offsets);
        if let Some(known) = lock(shard).get(offsets) {
            return known.clone();
        }
        // Not under the lock: two batches may do the same work, none waits for it.
        let merged = merge();
        lock(shard).put(offsets.into(), merged.clone());
        merged
    }

    fn shard(&self, offsets: &[usize]) -> &Shard {
        let mixed = offsets.iter().fold(0_usize, |mixed, offset| {
            (mixed ^ offset).wrapping_mul(0x9e37_79b1)
        });
        &self.0[(mixed >> 16) % SHARDS]
    }
}

fn lock(shard: &Shard) -> std::sync::MutexGuard<'_, LruCache<Box<[usize]>, Merged>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
