//! Counts many addresses on all cores.

use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::store::{AddressBlock, StoreResult};
use tokio::task::{JoinError, JoinSet};

use crate::commands::report::addresses::AddressCounts;
use crate::commands::report::question::Question;
use crate::output::Progress;
use crate::report::CliError;

/// Counts the addresses in `blocks`.
pub(super) async fn count(
    mut blocks: BoxStream<'_, StoreResult<AddressBlock>>,
    question: &Arc<Question>,
    progress: &Progress,
) -> Result<AddressCounts, CliError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let counts = Counts {
        free: Arc::default(),
        question: Arc::clone(question),
    };
    let (mut tasks, mut read) = (JoinSet::new(), 0);
    while let Some(block) = blocks.next().await.transpose()? {
        let part = counts.clone();
        tasks.spawn_blocking(move || part.add(block));
        while tasks.len() > workers {
            read += finished(tasks.join_next().await)?;
        }
        progress.position(read);
    }
    while let Some(task) = tasks.join_next().await {
        finished(Some(task))?;
    }
    Ok(counts.sum())
}

/// How many addresses a task has counted.
fn finished(task: Option<Result<u64, JoinError>>) -> Result<u64, CliError> {
    let failed = |error| CliError::failed("cannot count addresses").caused_by(error);
    task.transpose()
        .map(Option::unwrap_or_default)
        .map_err(failed)
}

/// What is counted in parts.
#[derive(Clone)]
struct Counts {
    /// Those that nobody adds to.
    free: Arc<Mutex<Vec<AddressCounts>>>,
    question: Arc<Question>,
}

impl Counts {
    /// Returns how many they are.
    fn add(&self, block: AddressBlock) -> u64 {
        let block = block.decode();
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let part = free().pop();
        let mut part = part.unwrap_or_else(|| AddressCounts::new(&self.question));
        part.unreadable += block.unreadable;
        for row in &block.rows {
            part.add(row);
        }
        free().push(part);
        block.rows.len() as u64
    }

    fn sum(&self) -> AddressCounts {
        let mut sum = AddressCounts::new(&self.question);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        for part in free.drain(..) {
            sum.add_all(part);
        }
        sum
    }
}
