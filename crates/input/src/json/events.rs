//! Events of honeypots.

use std::sync::LazyLock;

use ipcascade_core::clock::Timestamp;
use memchr::memmem::Finder;

use crate::json::fast_path::EventFields;
use crate::json::header::{OF_ANY, object_behind};
use crate::json::object::{NoRecord, Object};
use crate::record::Session;
use crate::spelling::Spelling;
use crate::times::BadTime;

/// The longest name of a session or sensor: far more than Cowrie's 12 digits and any host name, and short enough to
/// hold many.
pub(super) const LONGEST_NAME: usize = 256;

/// Finds the name of event IDs.
pub(super) static EVENT_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("eventid"));

/// Finds the IDs of most events.
pub(super) static COWRIE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"cowrie."));

/// The honeypot event that a line of text is, after at most the header of a program that passes lines on.
pub(crate) fn event_in_text(line: &[u8]) -> Option<&[u8]> {
    EVENT_ID.find(line)?;
    object_behind(line, OF_ANY)
}

/// Whether `text` contains an event of Cowrie.
pub(crate) fn has_event(text: &[u8]) -> bool {
    EVENT_ID.find(text).is_some() && COWRIE.find(text).is_some()
}

pub(super) fn event<'a>(
    fields: EventFields<'a>,
    time: Option<Result<Timestamp, BadTime>>,
    spelling: Spelling,
) -> Result<Object<'a>, NoRecord> {
    let honeypot = fields.honeypot();
    let id = fields.event.as_deref().unwrap_or_default();
    let is_forwarded = honeypot.is_some_and(|honeypot| honeypot.is_forwarded(id));
    let is_closed = honeypot.is_some_and(|honeypot| honeypot.is_end(id));
    let source = fields.source.as_deref().filter(|_| !is_forwarded);
    // Nearly all are nothing but an address.
    let address = match source.map(|source| (source.parse(), source.trim())) {
        Some((Ok(address), _)) => Some(address),
        None | Some((Err(_), "" | "-")) => None,
        Some((Err(_), source)) => {
            let mut own = Vec::new();
            let read = spelling.field(source, &mut own);
            read.map_err(NoRecord::NoAddress)?;
            own.first().copied()
        }
    };
    let sensor = fields.sensor.filter(|sensor| !sensor.is_empty());
    let session = fields.session.filter(|id| !id.is_empty());
    for (what, name) in [("session", &session), ("sensor", &sensor)] {
        if let Some(name) = name.as_ref().filter(|name| name.len() > LONGEST_NAME) {
            return Err(NoRecord::NoAddress(format!(
                "`{what}` is of {} bytes, more than {LONGEST_NAME}",
                name.len()
            )));
        }
    }
    Ok(Object {
        address,
        is_event: true,
        time,
        session: session.map(|id| Session {
            id,
            sensor,
            is_closed,
            is_excluded: false,
            event: fields.identity,
        }),
        refused: None,
    })
}
