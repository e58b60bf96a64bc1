//! Decides whether to believe "no such name".
//!
//! It may come from the zone, or from a resolver that hides the zone: a captive portal's, or one on a company network
//! that lets nothing out. So it is believed if it carries the mark of the zone (its SOA record, [RFC 2308]), or if the
//! resolvers have been seen to know something of the zone.
//!
//! [RFC 2308]: https://www.rfc-editor.org/rfc/rfc2308

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RecordType};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Resolvers;

/// How long a zone is taken to be hidden before its landmark is queried again.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// A zone, and a name in it that always exists.
#[derive(Debug)]
pub struct Zone {
    apex: Name,
    landmark: (Name, RecordType),
    is_seen: AtomicBool,
    /// When the landmark was last queried and not found.
    missed_at: Mutex<Option<Instant>>,
}

impl Zone {
    /// The zone at `apex`, in which `landmark` has a record of this type.
    pub fn new(apex: Name, landmark: Name, kind: RecordType) -> Self {
        Self {
            apex,
            landmark: (landmark, kind),
            is_seen: AtomicBool::new(false),
            missed_at: Mutex::new(None),
        }
    }

    /// Records that something of the zone has been seen.
    pub fn note_answer(&self) {
        self.is_seen.store(true, Ordering::Relaxed);
    }

    /// Whether to believe `nothing`, which `resolvers` answered.
    pub async fn says(&self, nothing: &NetError, resolvers: &Resolvers) -> bool {
        if self.is_seen.load(Ordering::Relaxed) || self.has_signed(nothing) {
            return true;
        }
        let mut missed_at = self.missed_at.lock().await;
        if self.is_seen.load(Ordering::Relaxed) {
            return true;
        }
        if missed_at.is_some_and(|at| at.elapsed() < AGAIN_AFTER) {
            return false;
        }
        let (landmark, kind) = self.landmark.clone();
        match resolvers.look_up(landmark, kind).await {
            Ok(lookup) if !lookup.answers().is_empty() => self.note_answer(),
            Ok(_) | Err(_) => *missed_at = Some(Instant::now()),
        }
        self.is_seen.load(Ordering::Relaxed)
    }

    /// Whether the answer has the SOA record of the zone, or of one in it.
    fn has_signed(&self, nothing: &NetError) -> bool {
        match nothing {
            NetError::Dns(DnsError::NoRecordsFound(none)) => {
                let soa = none.soa.as_ref();
                soa.is_some_and(|soa| self.apex.zone_of(&soa.name))
            }
            _ => false,
        }
    }
}
