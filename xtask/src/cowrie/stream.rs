//! Many interleaved sessions, in chronological order, with only the open ones in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::net::IpAddr;
use std::vec;

use super::address::bulk_address;
use super::content::SENSORS;
use super::event::{self, SessionOrigin};
use super::session::{Protocol, SessionStep, script};
use crate::error::{Error, Result};
use crate::rng::Rng;

/// Events of a session on average.
const MEAN_EVENTS: u64 = 5;
/// Session ids have 48 bits.
const SESSION_IDS: u64 = 1 << 48;
/// Odd, so that multiplying by it permutes the ids.
const ID_STRIDE: u64 = 0x9e37_79b9_7f4b;

/// The size of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Lines, exactly.
    pub events: u64,
    /// Distinct source addresses, exactly; at most half of the events.
    pub addresses: u64,
    /// Another seed produces another log.
    pub seed: u64,
    /// When the first session begins, in microseconds since 1970.
    pub begin: i64,
    /// Microseconds from the beginning of one session to that of the next, on average.
    pub gap: u64,
}

impl Spec {
    /// A log that begins on 2026-11-01 with a session every two seconds.
    pub const fn bulk(events: u64, addresses: u64, seed: u64) -> Self {
        Self {
            events,
            addresses,
            seed,
            begin: 1_793_491_200_000_000,
            gap: 2_000_000,
        }
    }
}

/// What a log contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// Lines.
    pub events: u64,
    /// Sessions.
    pub sessions: u64,
    /// Distinct source addresses.
    pub addresses: u64,
    /// Bytes, uncompressed.
    pub bytes: u64,
}

/// An open session. The first two fields decide whose event comes next.
struct Open {
    next_at: i64,
    number: u64,
    origin: SessionOrigin,
    steps: vec::IntoIter<SessionStep>,
    /// The longest pause between two events.
    pause: u64,
}

impl Open {
    const fn key(&self) -> (i64, u64) {
        (self.next_at, self.number)
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// A log, one line after the other.
pub struct Stream<A> {
    spec: Spec,
    address: A,
    rng: Rng,
    open: BinaryHeap<Reverse<Open>>,
    next_begin: i64,
    planned: u64,
    summary: LogSummary,
}

impl<A: Fn(u64) -> IpAddr> Stream<A> {
    /// A log whose attackers have the addresses `address(0)` to `address(spec.addresses - 1)`.
    pub fn new(spec: Spec, address: A) -> Result<Self> {
        let most = (spec.events / 2).max(1);
        if spec.events > 0 && (spec.addresses == 0 || spec.addresses > most) {
            return Err(Error::Request(format!(
                "{} events can have from 1 to {most} addresses, not {}",
                spec.events, spec.addresses
            )));
        }
        Ok(Self {
            spec,
            address,
            rng: Rng::new(spec.seed),
            open: BinaryHeap::new(),
            next_begin: spec.begin,
            planned: 0,
            summary: LogSummary::default(),
        })
    }

    /// What has been written so far.
    pub const fn summary(&self) -> LogSummary {
        self.summary
    }

    /// Replaces the content of `line` by the next line, and returns its time in microseconds since 1970; `None` at the
    /// end.
    pub fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<i64>> {
        while self.planned < self.spec.events
            && self
                .open
                .peek()
                .is_none_or(|Reverse(first)| first.next_at >= self.next_begin)
        {
            self.begin_session();
        }
        let Some(Reverse(mut session)) = self.open.pop() else {
            return Ok(None);
        };
        let Some(step) = session.steps.next() else {
            return Ok(None);
        };
        let now = session.next_at;
        event::write(line, &session.origin, step, now)?;
        if session.steps.len() > 0 {
            session.next_at += signed(self.rng.between(2_000, session.pause));
            self.open.push(Reverse(session));
        }
        self.summary.events += 1;
        self.summary.bytes += u64::try_from(line.len()).unwrap_or(0);
        Ok(Some(now))
    }

    fn begin_session(&mut self) {
        let count = self.session_length();
        let number = self.summary.sessions;
        let source = self.source();
        let rng = &mut self.rng;
        let protocol = if rng.percent(15) {
            Protocol::Telnet
        } else {
            Protocol::Ssh
        };
        let began = self.next_begin;
        // Most sessions last seconds; a few stay open for long.
        let pause = if rng.percent(8) {
            1_800_000_000
        } else {
            4_000_000
        };
        let id = number
            .wrapping_mul(ID_STRIDE)
            .wrapping_add(self.spec.seed.wrapping_mul(ID_STRIDE));
        let origin = SessionOrigin {
            session: id % SESSION_IDS,
            src_ip: (self.address)(source),
            src_port: u16::try_from(rng.between(32_768, 60_999)).unwrap_or(32_768),
            sensor: rng.pick(&SENSORS),
            protocol,
            began,
        };
        let steps = script(usize::try_from(count).unwrap_or(2), protocol, rng);
        self.open.push(Reverse(Open {
            next_at: began,
            number,
            origin,
            steps: steps.into_iter(),
            pause,
        }));
        self.planned += count;
        self.summary.sessions += 1;
        self.next_begin += signed(self.rng.below(2 * self.spec.gap));
    }

    /// The number of events of the next session, chosen so that the log ends with whole sessions and every remaining
    /// address gets one.
    fn session_length(&mut self) -> u64 {
        let left = self.spec.events - self.planned;
        let unused = self.spec.addresses - self.summary.addresses;
        // The next session may belong to an unused address.
        let room = left.saturating_sub(2 * unused.saturating_sub(1)).max(2);
        let length = self.rng.between(2, 2 * MEAN_EVENTS - 2).min(room).min(left);
        match left - length {
            1 if length > 2 => length - 1,
            1 => left,
            _ => length,
        }
    }

    /// The index of the next session's address: a new one, often enough to use all of them, or an earlier one, the
    /// first ones more often.
    fn source(&mut self) -> u64 {
        let seen = self.summary.addresses;
        let unused = self.spec.addresses - seen;
        let left = self.spec.events - self.planned;
        let sessions = (left / MEAN_EVENTS).max(1);
        let must = seen == 0 || left < 2 * unused + 2 * MEAN_EVENTS;
        if unused > 0 && (must || self.rng.below(sessions) < 2 * unused) {
            self.summary.addresses += 1;
            return seen;
        }
        self.rng.skewed(seen)
    }
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// Writes a whole log of global addresses.
pub fn write_log(out: &mut impl Write, spec: Spec) -> Result<LogSummary> {
    let mut stream = Stream::new(spec, |index| bulk_address(index, spec.seed))?;
    let mut line = Vec::with_capacity(1024);
    while stream.next_line(&mut line)?.is_some() {
        out.write_all(&line)?;
    }
    Ok(stream.summary())
}
