//! The bulk transport: one whois session for a list of addresses.
//!
//! Team Cymru asks for one session a list and blocks clients that open many, so every further session needs a reason:
//! an interrupted session is resumed if it answered something new, a few times a batch; one that answered nothing is
//! retried once. After that the service is left alone for a while, whichever caller asks and however often.

mod session;
mod session_lock;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ipcascade_core::lookup::LookupFailure;
use ipcascade_core::pacing::ServiceLock;

use crate::bulk_lookup::BulkLookup;
use crate::config::CheckedConfig;
use crate::declaration::NAME;
use crate::question::{PlacedQuestion, PrefixAnswer};
use crate::whois::session::{SessionError, Timeouts};
use crate::whois::session_lock::{SessionLock, session_lock};

/// How often a batch may resume interrupted sessions that had answered something.
const MOST_RESUMPTIONS: usize = 3;
/// How often a batch may retry a session that answered nothing.
const MOST_REPETITIONS: usize = 1;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a session continues after an interrupt: lines that arrive in that time are kept.
const LAST_LINES: Duration = Duration::from_secs(2);
/// How long an unusable service is left alone.
const REST: Duration = Duration::from_secs(300);

/// Asks Team Cymru's bulk whois service.
#[derive(Debug)]
pub(crate) struct Whois {
    address: String,
    chunk: usize,
    timeouts: Timeouts,
    pause: Duration,
    /// The lock of this process, with the end of the last session.
    session_lock: Arc<SessionLock>,
    /// The lock of all processes.
    service_lock: OnceLock<ServiceLock>,
    rest: Mutex<Option<Rest>>,
}

/// The service is left alone.
#[derive(Clone, Debug)]
struct Rest {
    until: Instant,
    reason: LookupFailure,
}

/// The sessions that a batch may open in addition to one for each chunk.
#[derive(Debug)]
struct Allowance {
    resumptions: usize,
    repetitions: usize,
}

impl Allowance {
    const fn spend(&mut self, has_progress: bool) -> bool {
        let left = match has_progress {
            true => &mut self.resumptions,
            false => &mut self.repetitions,
        };
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }
}

impl Whois {
    /// Creates a client from the settings.
    pub(crate) fn new(checked: &CheckedConfig) -> Self {
        let config = &checked.config.whois;
        Self {
            address: config.address.clone(),
            chunk: config.chunk,
            timeouts: Timeouts {
                step: checked.config.whois.timeout.get(),
                whole: checked.config.whois.session_timeout.get(),
            },
            pause: checked.config.whois.pause.get(),
            session_lock: session_lock(&config.address),
            service_lock: OnceLock::new(),
            rest: Mutex::new(None),
        }
    }

    /// Sets the lock under which sessions are held.
    pub(crate) fn use_service_lock(&self, lock: ServiceLock) {
        if self.service_lock.set(lock).is_err() {
            tracing::debug!("sessions have a lock already");
        }
    }

    /// Whether the service was unusable a short while ago.
    pub(crate) fn is_resting(&self) -> bool {
        self.rest().is_some()
    }

    /// Answers `questions`, in order.
    pub(crate) async fn ask(&self, questions: &[PlacedQuestion]) -> Vec<PrefixAnswer> {
        let mut last_session = self.session_lock.lock().await;
        let mut allowance = Allowance {
            resumptions: MOST_RESUMPTIONS,
            repetitions: MOST_REPETITIONS,
        };
        let mut replies = Vec::with_capacity(questions.len());
        for chunk in questions.chunks(self.chunk) {
            if let Some(rest) = self.rest() {
                replies.resize(replies.len() + chunk.len(), Err(rest.reason));
                continue;
            }
            let mut bulk_lookup = BulkLookup::new(chunk.iter().map(|question| question.wanted));
            let filled = self.fill(&mut bulk_lookup, &mut allowance, &mut last_session);
            let error = filled.await.err();
            let missing = self.failure(&bulk_lookup, error.as_ref());
            if let Some(error) = error {
                // The caller gets the failure; here it is only a step towards that.
                tracing::info!(%error, open = bulk_lookup.open(), "bulk whois left addresses open");
                self.begin_rest(&missing);
            }
            let chunk = chunk.iter();
            replies.extend(chunk.map(|question| bulk_lookup.reply(question.wanted, &missing)));
        }
        replies
    }

    /// Asks until every address has its answer, resuming at the first without one.
    async fn fill(
        &self,
        bulk_lookup: &mut BulkLookup,
        allowance: &mut Allowance,
        last_session: &mut Option<tokio::time::Instant>,
    ) -> Result<(), SessionError> {
        loop {
            let open_before = bulk_lookup.open();
            let ended = self.session(bulk_lookup, last_session).await;
            let open = bulk_lookup.open();
            if open == 0 {
                return Ok(());
            }
            let error = ended.err().unwrap_or(SessionError::Closed);
            let has_progress = open < open_before;
            let is_refused = !has_progress && bulk_lookup.complaint().is_some();
            if is_refused || !error.may_pass() || !allowance.spend(has_progress) {
                return Err(error);
            }
            tracing::debug!(%error, open, "bulk whois session ended early; resuming");
            if !has_progress {
                tokio::time::sleep(PAUSE).await;
            }
            bulk_lookup.resume();
        }
    }

    /// Holds one session, as soon as the locks are acquired.
    async fn session(
        &self,
        bulk_lookup: &mut BulkLookup,
        last_session: &mut Option<tokio::time::Instant>,
    ) -> Result<(), SessionError> {
        let lock = self
            .service_lock
            .get_or_init(|| ServiceLock::new(NAME, None));
        let stop = lock.stop();
        let acquired = async {
            if let Some(ended) = *last_session {
                tokio::time::sleep_until(ended + self.pause).await;
            }
            lock.acquire().await
        };
        let Some(guard) = stop.unless_requested(acquired).await else {
            return Err(SessionError::RunEnds);
        };
        let end = async {
            stop.requested().await;
            tokio::time::sleep(LAST_LINES).await;
        };
        let ended = tokio::select! {
            ended = session::hold(&self.address, bulk_lookup, self.timeouts) => ended,
            () = end => Err(SessionError::RunEnds),
        };
        *last_session = Some(tokio::time::Instant::now());
        guard.release(self.pause).await;
        ended
    }

    /// The failure of addresses without an answer.
    fn failure(&self, bulk_lookup: &BulkLookup, error: Option<&SessionError>) -> LookupFailure {
        // Without a number of addresses: the problem is reported once for all of them.
        let mut message = format!("asking whois at {}", self.address);
        if let Some(error) = error {
            message = format!("{message}: {error}");
        }
        if let Some(complaint) = bulk_lookup.complaint() {
            message = format!("{message}; it said `{complaint}`");
        }
        LookupFailure::transient(message)
    }

    fn begin_rest(&self, reason: &LookupFailure) {
        let message = format!("left alone for {} s after {reason}", REST.as_secs());
        let rest = Rest {
            until: Instant::now() + REST,
            reason: LookupFailure::transient(message),
        };
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }

    fn rest(&self) -> Option<Rest> {
        let rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.clone().filter(|rest| Instant::now() < rest.until)
    }
}
