//! Counts many addresses on all cores.

use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::store::{AddressRow, StoreResult};
use tokio::task::JoinSet;

use crate::commands::report::addresses::{AddressCounts, Question};
use crate::output::Progress;
use crate::report::CliError;

/// How many addresses are counted at once.
const BLOCK: usize = 1000;

/// Counts `rows`.
pub(super) async fn count(
    mut rows: BoxStream<'_, StoreResult<AddressRow>>,
    question: &Arc<Question>,
    progress: &Progress,
) -> Result<AddressCounts, CliError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let counts = Counts {
        free: Arc::default(),
        question: Arc::clone(question),
    };
    let mut tasks = JoinSet::new();
    let (mut block, mut read) = (Vec::with_capacity(BLOCK), 0);
    loop {
        let row = rows.next().await.transpose()?;
        let is_last = row.is_none();
        block.extend(row);
        if block.len() < BLOCK && !is_last {
            continue;
        }
        read += block.len() as u64;
        progress.position(read);
        let full = std::mem::replace(&mut block, Vec::with_capacity(BLOCK));
        let part = counts.clone();
        tasks.spawn_blocking(move || part.add(&full));
        while tasks.len() > if is_last { 0 } else { workers } {
            if let Some(Err(error)) = tasks.join_next().await {
                return Err(CliError::failed("cannot count addresses").caused_by(error));
            }
        }
        if is_last {
            return Ok(counts.sum());
        }
    }
}

/// What is counted in parts.
#[derive(Clone)]
struct Counts {
    /// Those that nobody adds to.
    free: Arc<Mutex<Vec<AddressCounts>>>,
    question: Arc<Question>,
}

impl Counts {
    fn add(&self, rows: &[AddressRow]) {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let part = free().pop();
        let mut part = part.unwrap_or_else(|| AddressCounts::new(&self.question));
        for row in rows {
            part.add(row);
        }
        free().push(part);
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
