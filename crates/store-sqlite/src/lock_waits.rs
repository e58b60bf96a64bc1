//! Reports waiting for other programs, which is otherwise silent.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

/// Waiting for longer than this is worth a line.
const REPORT_AFTER: Duration = Duration::from_secs(3);

/// Does what may have to wait for the lock of the file at `path`, and reports it if that takes long.
pub(crate) async fn reported<T>(
    path: &Path,
    limit: Duration,
    locking: impl Future<Output = T>,
) -> T {
    let (locking, report) = (pin!(locking), pin!(tokio::time::sleep(REPORT_AFTER)));
    match select(locking, report).await {
        Either::Left((locked, _)) => locked,
        Either::Right(((), locking)) => {
            tracing::warn!(
                "waiting for the lock of {}, which another program holds (for up to {} s: `store.busy_timeout`)",
                path.display(),
                limit.as_secs()
            );
            locking.await
        }
    }
}
