//! What one provider said about an address.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use chrono::SubsecRound as _;
use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::address::Address;
use crate::clock::{Timestamp, rfc3339};
use crate::data_version::DataVersion;
use crate::fields::{Fields, push, write_member};
use crate::lazy_json::LazyJson;
use crate::section_keys::{CACHED_AT, FOUND, PREFIX, VERSION};

/// When the answers to a batch were obtained, and from which data. Clones share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Arc<Stamped>);

#[derive(Debug, PartialEq, Eq)]
struct Stamped {
    version: Option<DataVersion>,
    cached_at: Timestamp,
    /// The members of the stamp, as part of a JSON object.
    json: String,
}

impl Stamp {
    /// Obtained at `cached_at` (in whole microseconds), from data of this version.
    pub fn new(version: Option<&DataVersion>, cached_at: Timestamp) -> Self {
        let mut json = String::new();
        if let Some(version) = version {
            write_member(&mut json, VERSION, &version.as_str().into());
            json.push(',');
        }
        write_member(&mut json, CACHED_AT, &rfc3339(cached_at).into());
        Self(Arc::new(Stamped {
            version: version.cloned(),
            cached_at: cached_at.trunc_subsecs(6),
            json,
        }))
    }
}

/// What one provider said about an address: its fields, `cached_at`, and where applicable `version`, `prefix` and
/// `found: false`.
///
/// A section is small and cheap to clone: its fields are those of all addresses with the same record, its stamp that of
/// the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    fields: Fields,
    prefix: Option<IpNet>,
    stamp: Stamp,
}

static NOTHING_FOUND: LazyLock<Fields> =
    LazyLock::new(|| Fields::from_iter([(FOUND, Value::Bool(false))]));

impl Section {
    /// A section with `fields`, obtained at `cached_at`.
    pub fn found(
        fields: impl Into<Fields>,
        prefix: Option<IpNet>,
        version: Option<&DataVersion>,
        cached_at: Timestamp,
    ) -> Self {
        Self::stamped(&fields.into(), prefix, &Stamp::new(version, cached_at))
    }

    /// A section for "not found".
    pub fn not_found(version: Option<&DataVersion>, cached_at: Timestamp) -> Self {
        Self::stamped_not_found(&Stamp::new(version, cached_at))
    }

    /// A section with `fields`, and the stamp of its batch. The keys about the section itself (`cached_at`, `version`,
    /// `found`, `prefix`) belong to the core: fields of these names are left out, except a valid `prefix` if there is
    /// no other.
    pub fn stamped(fields: &Fields, prefix: Option<IpNet>, stamp: &Stamp) -> Self {
        let fields = if fields.has_reserved() {
            let stated = fields.get(PREFIX).and_then(Value::as_str);
            let is_prefix = stated.is_some_and(|text| text.parse::<IpNet>().is_ok());
            match prefix.is_none() && is_prefix {
                true => fields.without(&[CACHED_AT, VERSION, FOUND]),
                false => fields.without(&[CACHED_AT, VERSION, FOUND, PREFIX]),
            }
        } else {
            fields.clone()
        };
        Self {
            fields,
            prefix,
            stamp: stamp.clone(),
        }
    }

    /// A section for "not found", with the stamp of its batch.
    pub fn stamped_not_found(stamp: &Stamp) -> Self {
        Self {
            fields: NOTHING_FOUND.clone(),
            prefix: None,
            stamp: stamp.clone(),
        }
    }

    /// Its fields, without what it says of itself.
    pub const fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The same section with other fields.
    #[must_use]
    pub fn with_fields(&self, fields: Fields) -> Self {
        Self {
            fields,
            ..self.clone()
        }
    }

    /// The section for reading.
    pub const fn view(&self) -> SectionView<'_> {
        SectionView(ViewSource::Made(self))
    }

    /// Appends it as a JSON object.
    pub(crate) fn write_json(&self, json: &mut String) {
        json.push('{');
        if !self.fields.is_empty() {
            json.push_str(self.fields.json());
            json.push(',');
        }
        if let Some(prefix) = self.prefix {
            push(json, format_args!("\"{PREFIX}\":\"{prefix}\","));
        }
        json.push_str(&self.stamp.0.json);
        json.push('}');
    }

    pub(crate) fn to_map(&self) -> Map<String, Value> {
        let mut map = self.fields.to_map();
        for name in [PREFIX, VERSION, CACHED_AT] {
            if let Some(said) = self.said(name) {
                map.insert(name.to_owned(), said.to_value().into_owned());
            }
        }
        map
    }

    /// The value of prefix or stamp under `name`.
    fn said(&self, name: &str) -> Option<SectionValue<'_>> {
        match name {
            PREFIX => self.prefix.map(SectionValue::Prefix),
            VERSION => self.stamp.0.version.as_ref().map(SectionValue::Version),
            CACHED_AT => Some(SectionValue::CachedAt(self.stamp.0.cached_at)),
            _ => None,
        }
    }
}

/// The value of a section under a key.
#[derive(Clone, Copy, Debug)]
pub enum SectionValue<'a> {
    /// A value of its fields.
    Value(&'a Value),
    /// Its prefix.
    Prefix(IpNet),
    /// The version of the data.
    Version(&'a DataVersion),
    /// When it was obtained.
    CachedAt(Timestamp),
}

impl<'a> SectionValue<'a> {
    /// As JSON.
    pub fn to_value(self) -> Cow<'a, Value> {
        match self {
            Self::Value(value) => Cow::Borrowed(value),
            Self::Prefix(prefix) => Cow::Owned(prefix.to_string().into()),
            Self::Version(version) => Cow::Owned(version.as_str().into()),
            Self::CachedAt(at) => Cow::Owned(rfc3339(at).into()),
        }
    }
}

/// A section of a document, for reading.
#[derive(Clone, Copy, Debug)]
pub struct SectionView<'a>(ViewSource<'a>);

#[derive(Clone, Copy, Debug)]
enum ViewSource<'a> {
    Made(&'a Section),
    Stored(&'a LazyJson),
}

impl<'a> SectionView<'a> {
    pub(crate) const fn stored(part: &'a LazyJson) -> Self {
        Self(ViewSource::Stored(part))
    }

    /// The value under `key`; `None` also for `null`.
    pub fn get(self, key: &str) -> Option<Cow<'a, Value>> {
        self.said_near(key, &mut 0).map(SectionValue::to_value)
    }

    /// The value under `key`, unless it is `null`; in a section made in this run, searched from the field `near` on,
    /// which advances behind it.
    pub(crate) fn said_near(self, key: &str, near: &mut usize) -> Option<SectionValue<'a>> {
        let value = match self.0 {
            ViewSource::Made(section) => match section.fields.get_near(key, near) {
                Some(value) => value,
                None => return section.said(key),
            },
            ViewSource::Stored(part) => part.member(key)?,
        };
        (!value.is_null()).then_some(SectionValue::Value(value))
    }

    /// Every key and value, as stored.
    pub fn to_map(self) -> Map<String, Value> {
        match self.0 {
            ViewSource::Made(section) => section.to_map(),
            ViewSource::Stored(part) => part.object().cloned().unwrap_or_default(),
        }
    }

    /// When the section was obtained, if readable.
    pub fn cached_at(self) -> Option<Timestamp> {
        match self.0 {
            ViewSource::Made(section) => Some(section.stamp.0.cached_at),
            ViewSource::Stored(part) => part.facts().cached_at,
        }
    }

    /// The version of the data it was made from.
    pub fn version(self) -> Option<&'a str> {
        match self.0 {
            ViewSource::Made(section) => match &section.stamp.0.version {
                Some(version) => Some(version.as_str()),
                None => section.fields.get(VERSION)?.as_str(),
            },
            ViewSource::Stored(part) => part.facts().version.as_deref(),
        }
    }

    /// The prefix that the answer is for.
    pub fn prefix(self) -> Option<IpNet> {
        match self.0 {
            ViewSource::Made(section) => match section.prefix {
                Some(prefix) => Some(prefix),
                None => section.fields.get(PREFIX)?.as_str()?.parse().ok(),
            },
            ViewSource::Stored(part) => part.facts().prefix,
        }
    }

    /// Whether the provider knew something about the address.
    pub fn is_found(self) -> bool {
        match self.0 {
            ViewSource::Made(section) => section.fields.get(FOUND) != Some(&Value::Bool(false)),
            ViewSource::Stored(part) => part.facts().is_found,
        }
    }

    /// Whether the section can be about `address`: its prefix, if it has one, contains it. (The previous program asked
    /// Team Cymru about the reversed address and stored the answers.)
    pub fn concerns(self, address: Address) -> bool {
        self.prefix()
            .is_none_or(|prefix| prefix.contains(&address.ip()))
    }
}
