//! Interrupts a run before its work is done.

use tokio::sync::watch;

/// Interrupts the run of everything that holds the corresponding [`Stop`].
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Requests the end: work in progress is finished, nothing new is begun.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Whether a run is interrupted. It is passed from the signal handler to everything that begins work or waits:
/// pipeline, cascade and the layer around providers; clones share it.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A run that can be interrupted.
    ///
    /// ```
    /// use ipcascade_core::stop::Stop;
    ///
    /// let (stopper, stop) = Stop::new();
    /// assert!(!stop.is_requested());
    /// stopper.stop();
    /// assert!(stop.is_requested());
    /// ```
    pub fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// A run that is never interrupted.
    pub fn never() -> Self {
        Self::new().1
    }

    /// Whether the end was requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the end is requested.
    pub async fn requested(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|is_to_end| *is_to_end).await.is_err() {
            // No stopper is left that could request it.
            std::future::pending().await
        }
    }

    /// Returns what `waiting` returns; `None` if the end is requested first.
    pub async fn unless_requested<T>(&self, waiting: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.requested() => None,
            done = waiting => Some(done),
        }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::never()
    }
}
