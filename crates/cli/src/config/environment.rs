//! `IPCASCADE_*` environment variables.

use std::ffi::OsString;
use std::path::Path;

use figment::Metadata;
use figment::value::Value;
use ipcascade_core::home::expand_home;
use ipcascade_core::settings::{SettingsError, is_secret};

use crate::config::entry::ConfigEntry;
use crate::report::CliError;

/// The prefix of the variables.
const PREFIX: &str = "IPCASCADE_";
/// Variables that are not configuration keys.
const NOT_KEYS: [&str; 5] = ["CONFIG", "LOG", "LOG_FILE", "LOG_FORMAT", "NOW"];

/// What precedes the name of a variable where values are said to be from it.
const SOURCE: &str = "the environment variable ";

/// Whether a source of settings is a variable.
pub(super) fn is_environment(source: &Metadata) -> bool {
    source.name.starts_with(SOURCE)
}

/// Returns the name of the variable for the key with the full name `key`: that of `store.url` is `IPCASCADE_STORE__URL`.
pub fn variable(key: &str) -> String {
    let name = key.replace('.', "__").to_ascii_uppercase();
    format!("{PREFIX}{name}")
}

/// The entries among `variables`: `IPCASCADE_STORE__URL` is `store.url`. Values are read as TOML (numbers, `true`,
/// `["a", "b"]`), or else as text; secrets are always text. Paths are relative to the working directory.
///
/// # Errors
///
/// If one of them is not UTF-8.
pub fn environment(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<ConfigEntry>, CliError> {
    let mut entries: Vec<(String, ConfigEntry)> = Vec::new();
    for (name, value) in variables {
        let name = name.to_string_lossy();
        let key = name.strip_prefix(PREFIX).unwrap_or_default();
        if key.is_empty() || NOT_KEYS.contains(&key) {
            continue;
        }
        let source = format!("{SOURCE}{name}");
        let Some(value) = value.to_str() else {
            return Err(
                SettingsError::variable(name, "it is not UTF-8; set it to UTF-8 text").into(),
            );
        };
        let key = key.to_ascii_lowercase().replace("__", ".");
        let entry = ConfigEntry::new(&source, &key, parse(&key, value));
        entries.push((name.into_owned(), entry));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn parse(key: &str, text: &str) -> Value {
    let last = key.rsplit('.').next().unwrap_or(key);
    if is_secret(last) {
        return Value::from(text);
    }
    let value = match text.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    };
    if names_paths(last) {
        from_working_directory(value)
    } else {
        value
    }
}

fn names_paths(key: &str) -> bool {
    let words = ["file", "files", "path", "paths", "dir", "directory"];
    words.contains(&key.rsplit('_').next().unwrap_or(key))
}

fn from_working_directory(value: Value) -> Value {
    match value {
        Value::String(tag, text) => {
            let path = std::path::absolute(expand_home(Path::new(&text)));
            let text = path.map_or(text, |path| path.display().to_string());
            Value::String(tag, text)
        }
        Value::Array(tag, items) => {
            Value::Array(tag, items.into_iter().map(from_working_directory).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use figment::Figment;

    use super::*;

    fn merged(variables: &[(&str, &str)]) -> Figment {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let entries = environment(variables).unwrap();
        entries.into_iter().fold(Figment::new(), Figment::merge)
    }

    #[test]
    fn two_underscores_go_down_a_table() {
        let figment = merged(&[
            ("IPCASCADE_STORE__URL", "sqlite://a.db"),
            (
                "IPCASCADE_PROVIDERS__CYMRU__DNS__SERVERS",
                "[\"127.0.0.1:53\"]",
            ),
            ("IPCASCADE_LOG", "debug"),
            ("HOME", "/root"),
        ]);
        assert_eq!(variable("store.url"), "IPCASCADE_STORE__URL");
        let url: String = figment.extract_inner("store.url").unwrap();
        assert_eq!(url, "sqlite://a.db");
        let servers: Vec<String> = figment
            .extract_inner("providers.cymru.dns.servers")
            .unwrap();
        assert_eq!(servers, ["127.0.0.1:53"]);
        assert!(!figment.contains("log") && !figment.contains("home"));
    }

    #[test]
    fn a_key_of_digits_stays_text() {
        let figment = merged(&[("IPCASCADE_PROVIDERS__GREYNOISE__API_KEY", "0123456789")]);
        let key: String = figment
            .extract_inner("providers.greynoise.api_key")
            .unwrap();
        assert_eq!(key, "0123456789");
    }

    #[test]
    fn paths_are_seen_from_the_working_directory() {
        let figment = merged(&[("IPCASCADE_PROVIDERS__MAXMIND__FILES", "[\"a.mmdb\"]")]);
        let files: Vec<String> = figment.extract_inner("providers.maxmind.files").unwrap();
        assert!(Path::new(&files[0]).is_absolute(), "{files:?}");
    }
}
