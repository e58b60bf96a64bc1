//! Ctrl-C: finish the batch, say what was done, leave.

use ipcascade_core::Stop;

/// Whether the user or the system has asked the run to end. A second request ends it at once.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    stop: Stop,
}

impl Interrupt {
    /// Starts listening for Ctrl-C and, where there is one, for SIGTERM.
    pub fn listen() -> Self {
        let (stopper, stop) = Stop::new();
        tokio::spawn(async move {
            if next_signal().await {
                stopper.stop();
                if next_signal().await {
                    std::process::exit(crate::Exit::Interrupted.code().into());
                }
            }
        });
        Self { stop }
    }

    /// The same for libraries.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        self.stop.is_requested()
    }

    /// Waits until the end is asked for.
    pub async fn requested(&self) {
        self.stop.requested().await;
    }
}

/// Waits for a signal; `false` if none can be waited for.
async fn next_signal() -> bool {
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
