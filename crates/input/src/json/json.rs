//! Objects of any kind, and honeypot events. Each object is judged by itself.

use std::borrow::Cow;

use ipcascade_core::clock::Timestamp;

use crate::json::events::{COWRIE, LONGEST_NAME, event, has_event};
use crate::json::fast_path::EventFields;
use crate::json::fields::{EVENT, FieldPaths, FoundFields, SENSOR, SESSION, SOURCE};
use crate::json::header::{OF_ANY, OF_MOST, inside};
use crate::json::honeypots::BY_FIELDS;
use crate::json::identity::identity;
use crate::json::object::{NoRecord, Object};
use crate::json::object_text::list_of_objects;
use crate::json::split::ValueSplitter;
use crate::json::text::not_json;
use crate::json::{fast_path, honeypots, lenient_json};
use crate::names::ADDRESS_NAMES;
use crate::not_an_address::not_an_address;
use crate::options::InputFormat;
use crate::record::Session;
use crate::scan;
use crate::span::excerpt;
use crate::spelling::Spelling;
use crate::times::{BadTime, TimeRules};

/// How deep objects may be nested in texts of objects.
const DEEPEST: usize = 3;

/// Reported for a record that is not known to be an envelope.
const UNREAD_EVENT: &str = "the event of a honeypot in it is not read, since the record says itself where it is from; if that is the machine that passed it on, read it with --format-in cowrie";

/// How objects are read.
pub(crate) struct Json {
    /// The format: Cowrie's, or any.
    pub(crate) format: InputFormat,
    pub(crate) values: ValueSplitter,
    pub(crate) paths: FieldPaths,
    /// Whether everything is an event, whatever its `eventid`.
    pub(crate) are_events: bool,
    /// Whether events of a session are to be told apart.
    pub(crate) are_told_apart: bool,
    /// Whether most values follow a prefix, which is then a header.
    pub(crate) are_prefixed: bool,
    /// Whether addresses and times are looked for under their usual names.
    pub(crate) has_usual_names: bool,
    pub(crate) spelling: Spelling,
}

impl Json {
    /// Reads the value `text`.
    ///
    /// # Errors
    ///
    /// The reason, if it cannot be read or has no address.
    pub(crate) fn read<'a>(
        &self,
        text: &'a [u8],
        times: &TimeRules,
        found: &mut FoundFields,
    ) -> Result<Object<'a>, NoRecord> {
        let not_an_object = || NoRecord::Broken("not a JSON object".to_owned());
        let headers = if self.are_prefixed { OF_MOST } else { OF_ANY };
        let object = inside(text, headers).ok_or_else(not_an_object)?;
        if object.first() == Some(&b'"') && self.format != InputFormat::Cowrie {
            return self.read_string(object, found);
        }
        if object.first() != Some(&b'{') {
            return Err(not_an_object());
        }
        // Most events are Cowrie's.
        let may_be_event = self.has_usual_names
            && (self.format == InputFormat::Cowrie || COWRIE.find(object).is_some());
        if may_be_event
            && let Some(fields) = fast_path::fields(object, self.are_told_apart)
            && (self.are_events || fields.honeypot().is_some())
            && let Some(time) = fields
                .time
                .as_deref()
                .and_then(|text| times.read_whole(text))
        {
            return event(fields, Some(time), self.spelling);
        }
        self.read_any(object, times, found, 0)
    }

    /// An address in quotes.
    fn read_string<'a>(
        &self,
        text: &[u8],
        found: &mut FoundFields,
    ) -> Result<Object<'a>, NoRecord> {
        let inner: String =
            serde_json::from_slice(text).map_err(|error| NoRecord::Broken(not_json(&error)))?;
        found.addresses.clear();
        found.of_field.clear();
        let read = self.spelling.field(&inner, &mut found.addresses);
        read.map_err(NoRecord::Broken)?;
        Ok(Object::default())
    }

    /// Reads an object of any kind: an event, one that contains an event, or one with an address.
    fn read_any<'a>(
        &self,
        text: &[u8],
        times: &TimeRules,
        found: &mut FoundFields,
        depth: usize,
    ) -> Result<Object<'a>, NoRecord> {
        self.fill(text, found)?;
        if !self.paths.fields().is_empty() {
            return self.with_addresses(text, times, found);
        }
        let kept = |name: &str| {
            self.paths
                .kept(found, name)
                .map(str::to_owned)
                .map(Cow::Owned)
        };
        let fields = EventFields {
            event: kept(EVENT),
            source: kept(SOURCE),
            session: kept(SESSION),
            sensor: kept(SENSOR),
            ..EventFields::default()
        };
        let is_named = fields.event.is_some() || fields.session.is_some();
        if fields.honeypot().is_some() || (self.are_events && is_named) {
            let fields = EventFields {
                identity: self.identity(text),
                ..fields
            };
            return event(fields, time(&found.times, times), self.spelling);
        }
        let mut wrapped = self.paths.wrapped(found);
        // Text in a record that names its own source may have been typed by an attacker.
        if depth == DEEPEST || !(found.addresses.is_empty() || self.are_events) {
            let has_event = wrapped.iter().any(|inner| has_event(inner.as_bytes()));
            if has_event && found.refused.is_none() {
                found.refused = Some(UNREAD_EVENT.to_owned());
            }
            wrapped.clear();
        }
        if wrapped.is_empty() {
            return self.with_addresses(text, times, found);
        }
        let outer_time = time(&found.times, times);
        for inner in wrapped {
            let read = self.read_any(inner.as_bytes(), times, found, depth + 1);
            if let Ok(mut object) = read {
                object.time = object.time.or(outer_time);
                return Ok(object);
            }
        }
        // Nothing is known about its content.
        self.fill(text, found)?;
        self.with_addresses(text, times, found)
    }

    fn with_addresses<'a>(
        &self,
        text: &[u8],
        times: &TimeRules,
        found: &mut FoundFields,
    ) -> Result<Object<'a>, NoRecord> {
        if found.addresses.is_empty() {
            return Err(NoRecord::NoAddress(self.no_address(found, text)));
        }
        Ok(Object {
            time: time(&found.times, times),
            session: self.session(found, text),
            refused: found.refused.take(),
            ..Object::default()
        })
    }

    fn identity(&self, text: &[u8]) -> u64 {
        if self.are_told_apart {
            identity(text)
        } else {
            0
        }
    }

    /// Reads the fields of an object, as strict JSON or else leniently.
    fn fill(&self, text: &[u8], found: &mut FoundFields) -> Result<(), NoRecord> {
        let Err(error) = self.paths.read(text, found) else {
            return Ok(());
        };
        let repaired =
            lenient_json::repaired(text).ok_or_else(|| NoRecord::Broken(not_json(&error)))?;
        let again = self.paths.read(repaired.as_bytes(), found);
        again.map_err(|error| NoRecord::Broken(not_json(&error)))
    }

    /// The session of a record that is one.
    fn session(&self, found: &FoundFields, text: &[u8]) -> Option<Session<'static>> {
        let kept = |name: &str| self.paths.kept(found, name);
        if !self.paths.fields().is_empty() {
            return None;
        }
        let is_of = |sessions: &&honeypots::SessionHoneypot| {
            sessions.marks.iter().all(|mark| kept(mark).is_some())
        };
        let sessions = BY_FIELDS.iter().find(is_of)?;
        let id = kept(sessions.id).filter(|id| !id.is_empty() && id.len() <= LONGEST_NAME)?;
        let sensor = kept(sessions.sensor)
            .filter(|sensor| !sensor.is_empty() && sensor.len() <= LONGEST_NAME);
        Some(Session {
            id: Cow::Owned(id.to_owned()),
            sensor: sensor.map(|sensor| Cow::Owned(sensor.to_owned())),
            is_closed: false,
            is_excluded: false,
            event: self.identity(text),
        })
    }

    /// The name of a text that contains an address.
    fn text_with_address(&self, found: &FoundFields) -> Option<&str> {
        let mut texts = self.paths.texts(found);
        let with_address =
            texts.find(|(_, text)| scan::has_address(text.as_bytes(), self.spelling));
        with_address.map(|(name, _)| name)
    }

    fn no_address(&self, found: &mut FoundFields, text: &[u8]) -> String {
        let refused = found.refused.take();
        if refused.as_deref() == Some(not_an_address("").as_str()) {
            return "the field with the address is empty".to_owned();
        }
        refused.unwrap_or_else(|| match self.paths.fields() {
            [] => self.no_usual_field(found, text),
            [field] => format!("the object has no field `{field}`"),
            fields => format!("the object has none of the fields {}", fields.join(", ")),
        })
    }

    /// Why an object has no address in the fields with the usual names, and where one may be.
    fn no_usual_field(&self, found: &FoundFields, text: &[u8]) -> String {
        if let Some(name) = self.text_with_address(found) {
            return format!(
                "the object has no field with an address, but text with one in `{name}`; read that, as with `jq -r '.[\"{name}\"]' FILE | ipcascade … -`"
            );
        }
        if let Some(list) = list_of_objects(text) {
            return format!(
                "the object has no field with an address, but a list of objects in `{}`; read those, as with `jq -c '.[\"{}\"][]' FILE | ipcascade … -`",
                excerpt(&list),
                excerpt(&list),
            );
        }
        format!(
            "the object has no field with an address ({}, …); name it with --field",
            ADDRESS_NAMES.get(..4).unwrap_or_default().join(", ")
        )
    }
}

/// The first of the texts, by rank, that is a time; date and time of day may be separate.
fn time(texts: &[(usize, String)], times: &TimeRules) -> Option<Result<Timestamp, BadTime>> {
    times.first_of(texts.iter().map(|(_, text)| text.as_str()))
}
