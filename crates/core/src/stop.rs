//! Ending a run before its work is done.

use tokio::sync::watch;

/// Ends the run of all that hold the [`Stop`] that belongs to it.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Asks for the end: what is under way is finished, nothing new is begun.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Whether a run is to end. It goes from the signal handler to whatever begins work or waits:
/// pipeline, cascade and the layer around providers; its clones are one.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A run that can be ended.
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

    /// A run that goes on to its own end.
    pub fn never() -> Self {
        Self::new().1
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the end is asked for.
    pub async fn requested(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|is_to_end| *is_to_end).await.is_err() {
            // Nobody is left who could ask for it.
            std::future::pending().await
        }
    }

    /// Returns what `waiting` returns; `None` if the end is asked for first.
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
