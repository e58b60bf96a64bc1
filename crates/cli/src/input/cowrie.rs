//! Cowrie's JSON log: one event a line.

use std::borrow::Cow;
use std::str;

use ipcascade_core::{Address, Timestamp};
use serde::Deserialize;

use super::Session;
use super::moment::parse_moment;
use super::span::{excerpt, not_an_address};
use super::text::{Text, begins_object, not_json};

/// What every event id of Cowrie begins with.
const EVENT_PREFIX: &str = "cowrie.";
/// The event id of the end of a session. (`cowrie.log.closed` is the end of its recording only.)
const SESSION_CLOSED: &str = "cowrie.session.closed";
/// The longest name of a session or sensor: far more than Cowrie's 12 digits and any host name, and
/// little enough to hold many.
const LONGEST_NAME: usize = 256;

/// What is needed of an event. The rest, with what attackers typed, is passed over.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    eventid: Text<'a>,
    #[serde(borrow, default)]
    src_ip: Text<'a>,
    #[serde(borrow, default)]
    session: Text<'a>,
    #[serde(borrow, default)]
    sensor: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
}

/// An event.
pub(super) struct Event<'a> {
    pub(super) address: Address,
    pub(super) moment: Option<Timestamp>,
    pub(super) session: Option<Session<'a>>,
}

/// Reads an event.
///
/// # Errors
///
/// The reason, when it cannot be read or does not tell where it comes from. An event with a
/// timestamp that cannot be read counts as damaged: it would be taken for one of today.
pub(super) fn parse(line: &[u8]) -> Result<Event<'_>, String> {
    begins_object(line)?;
    match serde_json::from_slice::<Fields<'_>>(line) {
        Ok(fields) => event(fields),
        Err(error) if str::from_utf8(line).is_ok() => Err(not_json(&error)),
        Err(_) => {
            let repaired = String::from_utf8_lossy(line);
            let fields = serde_json::from_str(&repaired).map_err(|error| not_json(&error))?;
            event(fields).map(Event::into_owned)
        }
    }
}

/// Whether `line` is an event of Cowrie's log.
pub(super) fn is_event(line: &[u8]) -> bool {
    serde_json::from_slice::<Fields<'_>>(line).is_ok_and(|fields| {
        let id = fields.eventid.0;
        id.is_some_and(|id| id.starts_with(EVENT_PREFIX))
    })
}

fn event(fields: Fields<'_>) -> Result<Event<'_>, String> {
    let source = fields.src_ip.0.ok_or("the event has no `src_ip`")?;
    let address = source.parse().map_err(|_| not_an_address(&source))?;
    let moment = fields
        .timestamp
        .0
        .map(|text| parse_moment(&text).ok_or_else(|| bad_moment(&text)))
        .transpose()?;
    let is_closed = fields.eventid.0.is_some_and(|id| id == SESSION_CLOSED);
    let sensor = fields.sensor.0.filter(|sensor| !sensor.is_empty());
    let session = fields.session.0.filter(|id| !id.is_empty());
    for (what, name) in [("session", &session), ("sensor", &sensor)] {
        if let Some(name) = name.as_ref().filter(|name| name.len() > LONGEST_NAME) {
            return Err(format!(
                "`{what}` is of {} bytes, more than {LONGEST_NAME}",
                name.len()
            ));
        }
    }
    Ok(Event {
        address,
        moment,
        session: session.map(|id| Session {
            id,
            sensor,
            is_closed,
        }),
    })
}

fn bad_moment(text: &str) -> String {
    format!("timestamp `{}` is not RFC 3339", excerpt(text))
}

impl Event<'_> {
    fn into_owned(self) -> Event<'static> {
        Event {
            address: self.address,
            moment: self.moment,
            session: self.session.map(|session| Session {
                id: Cow::Owned(session.id.into_owned()),
                sensor: session.sensor.map(|sensor| Cow::Owned(sensor.into_owned())),
                is_closed: session.is_closed,
            }),
        }
    }
}
