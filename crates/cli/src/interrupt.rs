//! Ctrl-C: finish the batch, report, exit.

use std::time::Duration;

use ipcascade_core::stop::Stop;
use ipcascade_core::store::Store;

use crate::output::Output;

/// How long a batch may take after an interrupt: one that takes longer is usually waiting for another program.
const GRACE: Duration = Duration::from_secs(10);

/// How long closing the connections may take after that.
const CLOSING: Duration = Duration::from_millis(300);

/// The message on an interrupt.
const ACKNOWLEDGEMENT: &str =
    "stopping: nothing new is begun, and what is under way is finished; once more ends at once";

/// Whether the user or the operating system has asked the run to end. A second request ends it at once.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    stop: Stop,
}

impl Interrupt {
    /// Starts listening for Ctrl-C and, where it exists, SIGTERM. The first one is acknowledged.
    pub fn listen(output: &Output) -> Self {
        let (stopper, stop) = Stop::new();
        let acknowledge = output.notice_for_later(ACKNOWLEDGEMENT);
        let discard = output.discard_for_later();
        output.handle_interrupts();
        tokio::spawn(async move {
            if next_signal().await {
                stopper.stop();
                acknowledge();
                if next_signal().await {
                    discard();
                    end();
                }
            }
        });
        Self { stop }
    }

    /// The same for libraries.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Whether the end was requested.
    pub fn is_requested(&self) -> bool {
        self.stop.is_requested()
    }

    /// Returns what `work` returns; `None` if it has not finished some seconds after an interrupt. What it has not
    /// committed by then is rolled back.
    pub async fn with_grace<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.with(GRACE, work).await
    }

    async fn with<T>(&self, grace: Duration, work: impl Future<Output = T>) -> Option<T> {
        let over = async {
            self.requested().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = over => None,
        }
    }

    /// Closes `store`. After an interrupt a connection may still wait for another program; then the end of the process
    /// closes it.
    pub async fn close(&self, store: &dyn Store) {
        if self.with(CLOSING, store.close()).await.is_none() {
            tracing::debug!("left without waiting for the store");
        }
    }

    /// Waits until the end is requested.
    pub async fn requested(&self) {
        self.stop.requested().await;
    }
}

/// Lets an interrupt remove what is written of a file before it ends the process, unless the command
/// [listens](Interrupt::listen) itself.
pub(crate) fn guard_file(output: &Output) {
    if !output.is_diverted() {
        return;
    }
    let (discard, is_handled) = (output.discard_for_later(), output.interrupts_handled());
    tokio::spawn(async move {
        if next_signal().await && !is_handled() {
            discard();
            end();
        }
    });
}

/// Ends the process as it is.
fn end() -> ! {
    std::process::exit(crate::exit::Exit::Interrupted.code().into());
}

/// Waits for a signal; `false` if that is not possible.
pub(crate) async fn next_signal() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return tokio::signal::ctrl_c().await.is_ok();
        };
        tokio::select! {
            heard = tokio::signal::ctrl_c() => heard.is_ok(),
            heard = terminate.recv() => heard.is_some(),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
