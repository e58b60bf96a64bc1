//! Counts many addresses on all cores.

use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::store::{AddressBlock, AddressRow, StoreResult};
use tokio::task::{JoinError, JoinSet};

use crate::app::App;
use crate::output::{Progress, words};
use crate::report::CliError;

/// What is counted of addresses.
pub(crate) trait AddressTally: Send + 'static {
    /// Counts an address.
    fn add(&mut self, row: &AddressRow);

    /// Adds what was counted of other addresses.
    fn add_all(&mut self, other: Self);
}

/// What was counted, and how many rows have a key that is not an address.
pub(crate) struct Counted<T> {
    pub(crate) tally: T,
    pub(crate) unreadable: u64,
}

/// Counts the addresses in `blocks`; `new` begins a count of none.
pub(crate) async fn count<T: AddressTally>(
    mut blocks: BoxStream<'_, StoreResult<AddressBlock>>,
    new: impl Fn() -> T,
    progress: &Progress,
) -> Result<Counted<T>, CliError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = Parts(Arc::default());
    let (mut tasks, mut read) = (JoinSet::new(), Read::default());
    while let Some(block) = blocks.next().await.transpose()? {
        let part = parts.take().unwrap_or_else(&new);
        let parts = parts.clone();
        tasks.spawn_blocking(move || parts.add(part, block));
        while tasks.len() > workers {
            read.add(tasks.join_next().await)?;
        }
        progress.position(read.addresses);
    }
    while let Some(task) = tasks.join_next().await {
        read.add(Some(task))?;
    }
    let mut tally = new();
    while let Some(part) = parts.take() {
        tally.add_all(part);
    }
    Ok(Counted {
        tally,
        unreadable: read.unreadable,
    })
}

/// The same with its progress shown, and the rows reported whose key is not an address.
pub(crate) async fn count_shown<T: AddressTally>(
    app: &App<'_>,
    blocks: BoxStream<'_, StoreResult<AddressBlock>>,
    new: impl Fn() -> T,
) -> Result<T, CliError> {
    let progress = app.output().progress("counting");
    let counted = count(blocks, new, &progress).await?;
    progress.finish();
    report_unreadable(counted.unreadable, app);
    Ok(counted.tally)
}

/// Reports how many rows have a key that is not an address.
pub(crate) fn report_unreadable(rows: u64, app: &App<'_>) {
    if rows > 0 {
        let rows = words::count(rows, "row", "rows");
        let text = format!("{rows} whose key is not an address, not counted");
        app.output().warning(&text);
    }
}

/// How many addresses have been counted.
#[derive(Clone, Copy, Default)]
struct Read {
    addresses: u64,
    unreadable: u64,
}

impl Read {
    /// Adds those of a task that has ended.
    fn add(&mut self, task: Option<Result<Self, JoinError>>) -> Result<(), CliError> {
        let failed = |error| CliError::failed("cannot count addresses").caused_by(error);
        let more = task.transpose().map_err(failed)?.unwrap_or_default();
        self.addresses += more.addresses;
        self.unreadable += more.unreadable;
        Ok(())
    }
}

/// What has been counted in parts, as far as no task adds to them.
struct Parts<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Parts<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: AddressTally> Parts<T> {
    fn take(&self) -> Option<T> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.pop()
    }

    fn add(&self, mut part: T, block: AddressBlock) -> Read {
        let block = block.decode();
        for row in &block.rows {
            part.add(row);
        }
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push(part);
        Read {
            addresses: block.rows.len() as u64,
            unreadable: block.unreadable,
        }
    }
}
