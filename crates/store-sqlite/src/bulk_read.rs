//! Reads many rows without being woken for each of them.
//!
//! Statements run on a thread of their connection, which passes on row after row. A reader that waits for the next one
//! is woken for it: with thousands of rows, most of the time goes into putting two threads to sleep and waking them.
//! After some rows a reader therefore pauses and takes what has arrived in the meantime.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use tokio::time::{Sleep, sleep};

/// Rows that are taken as soon as they arrive: short results are not delayed.
const AT_ONCE: usize = 64;
/// How long it pauses then; in that time no more rows arrive than the connection buffers.
const PAUSE: Duration = Duration::from_millis(1);

/// Rows whose reader can wait.
pub(crate) struct Unhurried<S> {
    rows: S,
    read: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Unhurried<S> {
    pub(crate) const fn new(rows: S) -> Self {
        Self {
            rows,
            read: 0,
            pause: None,
        }
    }
}

impl<S: Stream + Unpin> Stream for Unhurried<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = &mut *self;
        if this.read < AT_ONCE {
            let row = ready!(this.rows.poll_next_unpin(context));
            this.read += 1;
            return Poll::Ready(row);
        }
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(context));
                this.pause = None;
            }
            // The reader is not woken for a row: it asks again after the pause.
            let row = this
                .rows
                .poll_next_unpin(&mut Context::from_waker(Waker::noop()));
            if row.is_ready() {
                return row;
            }
            this.pause = Some(Box::pin(sleep(PAUSE)));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::SinkExt as _;
    use futures::channel::mpsc;

    use super::*;

    #[tokio::test]
    async fn all_rows_come_in_order_however_slowly_they_are_sent() {
        let rows = 5 * AT_ONCE;
        let (mut sender, receiver) = mpsc::channel(7);
        let sending = async move {
            for row in 0..rows {
                sender.send(row).await.unwrap();
                if row % 50 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        };
        let (read, ()) = tokio::join!(Unhurried::new(receiver).collect::<Vec<_>>(), sending);
        assert_eq!(read, (0..rows).collect::<Vec<_>>());
    }
}
