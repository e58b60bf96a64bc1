//! One value from one place, as a layer of the configuration.

use figment::util::nest;
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// A single key with its value and where it comes from.
#[derive(Clone, Debug)]
pub struct ConfigEntry {
    origin: String,
    key: String,
    value: Value,
}

impl ConfigEntry {
    /// `origin` names the place in messages: "the flag --db".
    pub(super) fn new(origin: &str, key: &str, value: impl Into<Value>) -> Self {
        Self {
            origin: origin.to_owned(),
            key: key.to_owned(),
            value: value.into(),
        }
    }

    /// The full name of the key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Where the value comes from.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Provider for ConfigEntry {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = nest(&self.key, self.value.clone());
        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}
