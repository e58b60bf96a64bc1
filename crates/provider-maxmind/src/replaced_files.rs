//! Notices when files are replaced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::ArcSwap;
use ipcascade_core::resource_error::ResourceError;

use crate::config::Config;
use crate::snapshot::DatabaseSet;
use crate::stamp::FileStamp;

type Stamps = Vec<Option<FileStamp>>;

/// Keeps the set of files in use up to date with the disk.
pub(crate) struct Watch {
    config: Config,
    current: ArcSwap<DatabaseSet>,
    started: Instant,
    /// When to check next, in milliseconds from `started`.
    next_look: AtomicU64,
    /// Files that could not be used, so that they are not tried (and reported) again and again.
    refused: Mutex<Option<Stamps>>,
}

impl Watch {
    pub(crate) fn new(config: Config) -> Result<Self, ResourceError> {
        let snapshot = DatabaseSet::open(&config, None)?;
        Ok(Self {
            config,
            current: ArcSwap::from_pointee(snapshot),
            started: Instant::now(),
            next_look: AtomicU64::new(0),
            refused: Mutex::new(None),
        })
    }

    /// The files as they are now, or were at the last check.
    pub(crate) fn snapshot(&self) -> Arc<DatabaseSet> {
        if self.is_time_to_look() {
            self.look();
        }
        self.loaded()
    }

    /// The files as last loaded, without a check of the disk.
    pub(crate) fn loaded(&self) -> Arc<DatabaseSet> {
        self.current.load_full()
    }

    fn is_time_to_look(&self) -> bool {
        let Some(interval) = self.config.reload else {
            return false;
        };
        let millis =
            |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let now = millis(self.started.elapsed());
        let due = self.next_look.load(Ordering::Relaxed);
        // If several batches run concurrently, one of them checks.
        now >= due
            && self
                .next_look
                .compare_exchange(
                    due,
                    now.saturating_add(millis(interval)),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    fn look(&self) {
        // Held by another batch that is loading: this one continues with the old set.
        let Ok(mut refused) = self.refused.try_lock() else {
            return;
        };
        let current = self.current.load_full();
        let stamps: Stamps = current
            .files()
            .iter()
            .map(|file| FileStamp::of_path(file.path()).ok())
            .collect();
        let mut pairs = stamps.iter().zip(current.files());
        if pairs.all(|(stamp, file)| stamp.as_ref() == Some(file.stamp())) {
            *refused = None;
            return;
        }
        let mut pairs = stamps.iter().zip(current.files());
        if pairs.any(|(stamp, file)| is_unsettled(stamp.as_ref(), file.stamp()))
            || refused.as_ref() == Some(&stamps)
        {
            return;
        }
        match DatabaseSet::open(&self.config, Some(&current)) {
            Ok(snapshot) => {
                tracing::info!(
                    version = snapshot.version().as_str(),
                    "MMDB files loaded anew"
                );
                self.current.store(Arc::new(snapshot));
                *refused = None;
            }
            Err(error) => {
                tracing::warn!("the MMDB files changed, but the old ones stay in use: {error}");
                *refused = Some(stamps);
            }
        }
    }
}

fn is_unsettled(now: Option<&FileStamp>, before: &FileStamp) -> bool {
    now.is_some_and(|now| now.is_unsettled_since(before))
}
