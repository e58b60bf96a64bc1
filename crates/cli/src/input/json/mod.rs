//! JSON: objects of any make, and events of honeypots. Each object is judged by itself.

mod fields;
mod known;
mod lenient;
mod quick;
mod split;
mod text;

use std::borrow::Cow;
use std::sync::LazyLock;

use ipcascade_core::Address;
use memchr::memmem::{self, Finder};

use self::fields::{EVENT, SENSOR, SESSION};
pub(super) use self::fields::{Found, Paths};
use self::known::{BY_FIELDS, by_event};
use self::quick::EventFields;
pub(super) use self::split::Values;
use self::text::not_json;
use super::Session;
use super::names::ADDRESS_NAMES;
use super::spelling::not_an_address;
use super::times::{BadTime, TimeRules};
use super::{InputFormat, Spelling};

/// The longest name of a session or sensor: far more than Cowrie's 12 digits and any host name, and
/// little enough to hold many.
const LONGEST_NAME: usize = 256;
/// How often an object may be in a text of an object.
const DEEPEST: usize = 3;

/// Finds the ids of most events.
static COWRIE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"cowrie."));

/// How objects are read.
pub(super) struct Json {
    /// What they are called: Cowrie's, or any.
    pub(super) format: InputFormat,
    pub(super) values: Values,
    pub(super) paths: Paths,
    /// Whether everything is an event, whatever its `eventid` is.
    pub(super) are_events: bool,
    pub(super) spelling: Spelling,
}

/// What an object says.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    /// The address of an event; those of other objects are in [`Found`].
    pub(super) address: Option<Address>,
    pub(super) is_event: bool,
    pub(super) time: Option<Result<ipcascade_core::Timestamp, BadTime>>,
    pub(super) session: Option<Session<'a>>,
    /// Why one of its addresses is not one.
    pub(super) refused: Option<String>,
}

impl Json {
    /// Reads the value `text`.
    ///
    /// # Errors
    ///
    /// The reason, when it cannot be read.
    pub(super) fn read<'a>(
        &self,
        text: &'a [u8],
        times: &TimeRules,
        found: &mut Found,
    ) -> Result<Object<'a>, Refused> {
        let object = inside(text).ok_or_else(|| Refused::Broken("not a JSON object".to_owned()))?;
        if object.first() == Some(&b'"') {
            return self.read_string(object, found);
        }
        let may_be_event = self.paths.fields().is_empty()
            && (self.are_events || COWRIE.find(object).is_some());
        if may_be_event && let Some(fields) = quick::fields(object) {
            let is_event = self.are_events || fields.honeypot().is_some();
            if is_event {
                return event(fields, times, self.spelling);
            }
        }
        self.read_any(object, times, found, 0)
    }

    /// An address in quotes.
    fn read_string<'a>(&self, text: &[u8], found: &mut Found) -> Result<Object<'a>, Refused> {
        let inner: String =
            serde_json::from_slice(text).map_err(|error| Refused::Broken(not_json(&error)))?;
        found.addresses.clear();
        found.of_field.clear();
        let read = self.spelling.field(&inner, &mut found.addresses);
        read.map_err(Refused::Broken)?;
        Ok(Object::default())
    }

    fn read_any<'a>(
        &self,
        text: &[u8],
        times: &TimeRules,
        found: &mut Found,
        depth: usize,
    ) -> Result<Object<'a>, Refused> {
        self.fill(text, found)?;
        let kept = |name: &str| {
            self.paths
                .kept(found, name)
                .map(|text| Cow::Owned(text.to_owned()))
        };
        let is_by_field = !self.paths.fields().is_empty();
        let event_id = kept(EVENT);
        let is_known = event_id.as_deref().and_then(by_event).is_some();
        if !is_by_field && (is_known || self.are_events) {
            let fields = EventFields {
                event: event_id,
                source: found
                    .addresses
                    .first()
                    .map(|address| Cow::Owned(address.to_string())),
                session: kept(SESSION),
                sensor: kept(SENSOR),
                time: found
                    .times
                    .first()
                    .map(|(_, text)| Cow::Owned(text.clone())),
                identity: quick::identity(text),
            };
            if fields.source.is_none()
                && let Some(reason) = found.refused.take()
                && !is_nothing(&reason)
            {
                return Err(Refused::Broken(reason));
            }
            return event(fields, times, self.spelling).map(Object::into_owned);
        }
        if found.addresses.is_empty() && !is_by_field && depth < DEEPEST {
            let wrapped: Vec<String> = self
                .paths
                .texts(found)
                .filter(|text| text.trim_start().starts_with('{'))
                .map(str::to_owned)
                .collect();
            let outer_times = std::mem::take(&mut found.times);
            for inner in wrapped {
                if let Ok(mut object) =
                    self.read_any(inner.trim().as_bytes(), times, found, depth + 1)
                {
                    object.time = object.time.or_else(|| time(&outer_times, times));
                    return Ok(object);
                }
            }
            // Nothing is known of what the texts say.
            self.fill(text, found)?;
        }
        if found.addresses.is_empty() {
            return Err(Refused::NoAddress(self.no_address(found)));
        }
        Ok(Object {
            time: time(&found.times, times),
            session: self.session(found, text),
            refused: found.refused.take(),
            ..Object::default()
        })
    }

    /// Looks in an object, as strict JSON or else as what programs write.
    fn fill(&self, text: &[u8], found: &mut Found) -> Result<(), Refused> {
        let Err(error) = self.paths.read(text, found) else {
            return Ok(());
        };
        let repaired = lenient::repaired(text).ok_or_else(|| Refused::Broken(not_json(&error)))?;
        let again = self.paths.read(repaired.as_bytes(), found);
        again.map_err(|error| Refused::Broken(not_json(&error)))
    }

    /// The session of a record that is one.
    fn session(&self, found: &Found, text: &[u8]) -> Option<Session<'static>> {
        let kept = |name: &str| self.paths.kept(found, name);
        if !self.paths.fields().is_empty() {
            return None;
        }
        let is_of =
            |sessions: &&known::Sessions| sessions.marks.iter().all(|mark| kept(mark).is_some());
        let sessions = BY_FIELDS.iter().find(is_of)?;
        let id = kept(sessions.id).filter(|id| !id.is_empty() && id.len() <= LONGEST_NAME)?;
        let sensor = kept(sessions.sensor)
            .filter(|sensor| !sensor.is_empty() && sensor.len() <= LONGEST_NAME);
        Some(Session {
            id: Cow::Owned(id.to_owned()),
            sensor: sensor.map(|sensor| Cow::Owned(sensor.to_owned())),
            is_closed: false,
            event: quick::identity(text),
        })
    }

    fn no_address(&self, found: &mut Found) -> String {
        let refused = found.refused.take();
        if refused.as_deref() == Some(not_an_address("").as_str()) {
            return "the field with the address is empty".to_owned();
        }
        refused.unwrap_or_else(|| match self.paths.fields() {
            [] => format!(
                "the object has no field with an address ({}, …); name it with --field",
                ADDRESS_NAMES.get(..4).unwrap_or_default().join(", ")
            ),
            [field] => format!("the object has no field `{field}`"),
            fields => format!("the object has none of the fields {}", fields.join(", ")),
        })
    }
}

/// Whether a reason is only that nothing is there.
fn is_nothing(reason: &str) -> bool {
    reason.ends_with("is null") || reason == not_an_address("") || reason == not_an_address("-")
}

/// Why there is no record.
#[derive(Debug)]
pub(super) enum Refused {
    /// It cannot be read.
    Broken(String),
    /// It can be read, but for an address.
    NoAddress(String),
}

/// The first of the texts, by rank, that is a time; a date and a time of day may stand apart.
fn time(
    texts: &[(usize, String)],
    times: &TimeRules,
) -> Option<Result<ipcascade_core::Timestamp, BadTime>> {
    times.first_of(texts.iter().map(|(_, text)| text.as_str()))
}

/// The object or string in `line`, which may be behind something else, as syslog puts it.
fn inside(line: &[u8]) -> Option<&[u8]> {
    match line.first()? {
        b'{' | b'"' => Some(line),
        _ => memmem::find(line, b"{\"").and_then(|at| line.get(at..)),
    }
}

/// Whether `value` is an object when what strict parsers refuse is put right.
pub(super) fn is_lenient(value: &[u8]) -> bool {
    let repaired = lenient::repaired(value);
    repaired.is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok())
}

/// Whether `value` is an event of a honeypot that is known.
pub(super) fn is_event(value: &[u8]) -> bool {
    let Some(object) = inside(value).filter(|object| object.first() == Some(&b'{')) else {
        return false;
    };
    if memmem::find(object, b"eventid").is_none() {
        return false;
    }
    let paths = Paths::new(&[], &[], Spelling::default());
    let mut found = Found::default();
    let json = Json {
        format: InputFormat::Ndjson,
        values: Values::new(true),
        paths,
        are_events: false,
        spelling: Spelling::default(),
    };
    // The times do not matter here.
    let now = ipcascade_core::Timestamp::UNIX_EPOCH;
    json.read(object, &TimeRules { now, written: now }, &mut found)
        .is_ok_and(|object| object.is_event)
}

fn event<'a>(
    fields: EventFields<'a>,
    times: &TimeRules,
    spelling: Spelling,
) -> Result<Object<'a>, Refused> {
    let honeypot = fields.honeypot();
    let id = fields.event.as_deref().unwrap_or_default();
    let is_forwarded = honeypot.is_some_and(|honeypot| honeypot.is_forwarded(id));
    let is_closed =
        honeypot.is_some_and(|honeypot| honeypot.is_end(id)) || id == "cowrie.session.closed";
    let source = fields
        .source
        .filter(|source| !is_forwarded && !source.trim().is_empty());
    let address = match source {
        Some(source) => {
            let mut own = Vec::new();
            spelling.field(&source, &mut own).map_err(Refused::Broken)?;
            own.first().copied()
        }
        None => None,
    };
    let sensor = fields.sensor.filter(|sensor| !sensor.is_empty());
    let session = fields.session.filter(|id| !id.is_empty());
    for (what, name) in [("session", &session), ("sensor", &sensor)] {
        if let Some(name) = name.as_ref().filter(|name| name.len() > LONGEST_NAME) {
            return Err(Refused::Broken(format!(
                "`{what}` is of {} bytes, more than {LONGEST_NAME}",
                name.len()
            )));
        }
    }
    Ok(Object {
        address,
        is_event: true,
        time: fields.time.map(|text| times.read(&text)),
        session: session.map(|id| Session {
            id,
            sensor,
            is_closed,
            event: fields.identity,
        }),
        refused: None,
    })
}

impl Object<'_> {
    fn into_owned(self) -> Object<'static> {
        Object {
            address: self.address,
            is_event: self.is_event,
            time: self.time,
            session: self.session.map(Session::into_owned),
            refused: self.refused,
        }
    }
}
