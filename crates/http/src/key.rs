//! Finds the key, and keeps it secret.

use std::env::VarError;
use std::fmt;
use std::path::{Path, PathBuf};

use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::registry::BuildError;
use ipcascade_core::resource_error::{FileProblem, ResourceError};
use ipcascade_core::settings::{Settings, SettingsError};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{self, Deserializer, Visitor};

use crate::service::Service;

/// The key of a service.
#[derive(Debug)]
pub struct ApiKey {
    secret: SecretString,
    /// The header value, marked as sensitive so that it is never printed.
    header: HeaderValue,
}

impl ApiKey {
    /// Reads the key of `service` from the first place that has one: `api_key`, `api_key_file` (from the settings),
    /// then the environment variable.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is empty, or the key is not a valid header value.
    pub fn find(
        service: &Service,
        settings: &Settings,
        api_key: Option<&SecretString>,
        api_key_file: Option<&Path>,
    ) -> Result<Option<Self>, BuildError> {
        let Some(usage) = service.key else {
            return Ok(None);
        };
        let (key, place) = match (api_key, api_key_file) {
            (Some(key), _) if !is_empty(key) => (Some(key.clone()), KeyPlace::Settings),
            (_, Some(path)) => {
                let path = settings.resolve(path);
                let key = read_file(service, &path);
                let place = KeyPlace::File(path);
                let key = key.map_err(|problem| place.refused(problem, service, settings))?;
                (Some(key), place)
            }
            _ => {
                let place = KeyPlace::Variable(usage.variable);
                let key = match std::env::var(usage.variable) {
                    Err(VarError::NotUnicode(_)) => {
                        return Err(place.refused(not_a_key(), service, settings));
                    }
                    key => key.ok(),
                };
                (key.map(SecretString::from), place)
            }
        };
        let Some(key) = key.filter(|key| !is_empty(key)) else {
            return Ok(None);
        };
        let key = key.expose_secret().trim_start_matches('\u{feff}').trim();
        let secret = SecretString::from(key.to_owned());
        match header(usage.prefix, &secret) {
            Some(header) => Ok(Some(Self { secret, header })),
            None => Err(place.refused(not_a_key(), service, settings)),
        }
    }

    pub(crate) const fn header(&self) -> &HeaderValue {
        &self.header
    }

    pub(crate) fn quota(&self, provider: ProviderName) -> Quota {
        Quota::of_key(provider, self.secret.expose_secret())
    }

    /// Removes the key from a text of the service.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(self.secret.expose_secret(), "[key]")
    }
}

fn is_empty(key: &SecretString) -> bool {
    key.expose_secret().trim().is_empty()
}

/// Where a key is.
enum KeyPlace {
    Settings,
    File(PathBuf),
    /// An environment variable.
    Variable(&'static str),
}

impl KeyPlace {
    /// The key there cannot be used.
    fn refused(&self, problem: FileProblem, service: &Service, settings: &Settings) -> BuildError {
        match self {
            Self::Settings => settings.refused("api_key", in_one(problem)).into(),
            Self::Variable(name) => SettingsError::variable(*name, in_one(problem)).into(),
            Self::File(path) => {
                let remedy = format!(
                    "write the {} key into it, or correct `{}`",
                    service.title,
                    settings.key("api_key_file")
                );
                ResourceError::file(path, problem, remedy).into()
            }
        }
    }
}

fn in_one(FileProblem { reason, remedy }: FileProblem) -> String {
    match remedy {
        Some(remedy) => format!("{reason}; {remedy}"),
        None => reason,
    }
}

/// What is there is not a key.
fn not_a_key() -> FileProblem {
    FileProblem {
        reason: "it has characters that no API key has".to_owned(),
        remedy: Some("check how it was copied"),
    }
}

fn read_file(service: &Service, path: &Path) -> Result<SecretString, FileProblem> {
    check_permissions(service, path)?;
    let key = SecretString::from(std::fs::read_to_string(path)?);
    match is_empty(&key) {
        true => Err("it is empty".into()),
        false => Ok(key),
    }
}

#[cfg(unix)]
fn check_permissions(service: &Service, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let metadata = std::fs::metadata(path)?;
    let mode = metadata.permissions().mode() & 0o777;
    // Docker and Kubernetes mount secrets world-readable, in a container of their own.
    if mode & 0o022 != 0 {
        let title = service.title;
        tracing::warn!(
            file = %path.display(),
            "others may write the file of the {title} key (mode {mode:03o}): `chmod go-w` prevents that"
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_permissions(_: &Service, _: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The header with `key`; `None` if it has characters that no key has.
fn header(prefix: &str, key: &SecretString) -> Option<HeaderValue> {
    let is_of_key = |c: char| c.is_ascii_graphic() && c != '"' && c != '\'';
    let is_key = key.expose_secret().chars().all(is_of_key);
    let value = is_key.then(|| format!("{prefix}{}", key.expose_secret()))?;
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Deserializes the key from the settings. An environment variable that looks like a number arrives as one, and the
/// usual error for a wrong type would print the value.
///
/// # Errors
///
/// If it is not text.
pub fn deserialize_key<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    struct KeyVisitor;

    impl<'de> Visitor<'de> for KeyVisitor {
        type Value = Option<SecretString>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the API key as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(SecretString::from(text)))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(SecretString::from(number.to_string())))
        }

        fn visit_u128<E: de::Error>(self, number: u128) -> Result<Self::Value, E> {
            Ok(Some(SecretString::from(number.to_string())))
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(E::custom("expected the API key as text, in quotes"))
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(E::custom("expected the API key as text, in quotes"))
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(E::custom("expected the API key as text, in quotes"))
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            inner.deserialize_any(self)
        }
    }

    deserializer.deserialize_any(KeyVisitor)
}
