//! Addresses in JSON objects of any make.

use std::fmt;

use ipcascade_core::{Address, Timestamp, parse_timestamp};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::names::{ADDRESS_NAMES, MOMENT_NAMES};
use super::span::not_an_address;
use super::text::{Text, begins_object, not_json};

/// What the value at a path means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// The address, or a list of them; the least rank wins.
    Address(usize),
    /// The time.
    Moment,
}

/// Where to look in an object.
pub(super) struct Paths {
    paths: Vec<(Meaning, String)>,
    /// The one path asked for, if any.
    field: Option<String>,
}

/// What was found in an object; used again for the next one.
#[derive(Default)]
pub(super) struct Found {
    pub(super) addresses: Vec<Address>,
    pub(super) moment: Option<Timestamp>,
    /// Why a value that should be an address is none.
    pub(super) refused: Option<String>,
    rank: usize,
    refused_rank: usize,
}

impl Paths {
    pub(super) fn new(field: Option<&str>) -> Self {
        let addresses: Vec<&str> = field.map_or_else(|| ADDRESS_NAMES.to_vec(), |path| vec![path]);
        let moments = MOMENT_NAMES.iter().map(|&name| (Meaning::Moment, name));
        Self {
            paths: addresses
                .into_iter()
                .enumerate()
                .map(|(rank, path)| (Meaning::Address(rank), path))
                .chain(moments)
                .map(|(meaning, path)| (meaning, path.to_owned()))
                .collect(),
            field: field.map(str::to_owned),
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// The reason, when it is none or there is no address in it.
    pub(super) fn parse(&self, line: &[u8], found: &mut Found) -> Result<(), String> {
        begins_object(line)?;
        let read = self.read(line, found);
        match read {
            Err(_) if std::str::from_utf8(line).is_err() => {
                self.read(String::from_utf8_lossy(line).as_bytes(), found)
            }
            read => read,
        }
        .map_err(|error| not_json(&error))?;
        if !found.addresses.is_empty() {
            // Only what stands beside the addresses chosen is worth a word.
            if found.refused_rank != found.rank {
                found.refused = None;
            }
            return Ok(());
        }
        Err(found.refused.take().unwrap_or_else(|| match &self.field {
            Some(field) => format!("the object has no field `{field}`"),
            None => format!(
                "the object has no field with an address ({}, …); name it with --field",
                ADDRESS_NAMES.get(..4).unwrap_or_default().join(", ")
            ),
        }))
    }

    fn read(&self, line: &[u8], found: &mut Found) -> Result<(), serde_json::Error> {
        found.addresses.clear();
        (found.moment, found.refused) = (None, None);
        (found.rank, found.refused_rank) = (usize::MAX, usize::MAX);
        let paths: Vec<(Meaning, &str)> = self
            .paths
            .iter()
            .map(|(meaning, path)| (*meaning, path.as_str()))
            .collect();
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        Value {
            meaning: None,
            paths: &paths,
            found,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()
    }
}

impl Found {
    fn take(&mut self, meaning: Meaning, text: &str) {
        let rank = match meaning {
            Meaning::Moment => {
                self.moment = self.moment.or_else(|| parse_timestamp(text));
                return;
            }
            Meaning::Address(rank) => rank,
        };
        match text.parse() {
            Ok(_) if rank > self.rank => {}
            Ok(address) => {
                if rank < self.rank {
                    self.addresses.clear();
                    self.rank = rank;
                }
                self.addresses.push(address);
            }
            Err(_) => self.refuse(meaning, || not_an_address(text)),
        }
    }

    fn refuse(&mut self, meaning: Meaning, reason: impl FnOnce() -> String) {
        if let Meaning::Address(rank) = meaning
            && (self.refused.is_none()
                || rank == self.rank
                || (self.refused_rank != self.rank && rank < self.refused_rank))
        {
            self.refused = Some(reason());
            self.refused_rank = rank;
        }
    }
}

/// A value that means something itself, or in which paths lead on.
struct Value<'p, 'f> {
    meaning: Option<Meaning>,
    paths: &'p [(Meaning, &'p str)],
    found: &'f mut Found,
}

impl Value<'_, '_> {
    fn refuse(self, what: &str) {
        if let Some(meaning) = self.meaning {
            self.found
                .refuse(meaning, || format!("the field with the address is {what}"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if let Some(meaning) = self.meaning {
            self.found.take(meaning, text);
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.refuse("null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.refuse("a boolean, not a string");
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.refuse("a number, not a string");
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.refuse("a number, not a string");
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.refuse("a number, not a string");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while values
            .next_element_seed(Value {
                meaning: self.meaning,
                paths: self.paths,
                found: &mut *self.found,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = fields.next_key()? {
            let key = key.unwrap_or_default();
            let meaning = self
                .paths
                .iter()
                .find(|(_, path)| *path == key)
                .map(|(meaning, _)| *meaning);
            // Empty, and so without an allocation, for nearly every key.
            let paths: Vec<(Meaning, &str)> = self
                .paths
                .iter()
                .filter_map(|(meaning, path)| {
                    let rest = path.strip_prefix(key.as_ref())?.strip_prefix('.')?;
                    Some((*meaning, rest))
                })
                .collect();
            if meaning.is_none() && paths.is_empty() {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            fields.next_value_seed(Value {
                meaning,
                paths: &paths,
                found: &mut *self.found,
            })?;
        }
        Ok(())
    }
}
