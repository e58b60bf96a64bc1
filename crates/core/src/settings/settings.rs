//! Typed settings of plugins, with errors that name the key, the file and what was expected.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::value::Value;
use serde::de::DeserializeOwned;

use crate::home::expand_home;
use crate::settings::changed::changed;
use crate::settings::error::{SettingsError, join};
use crate::settings::one_as_list::extract;
use crate::settings::shown_values::{place_of, shown_value};

/// The part of the merged configuration that belongs to one plugin.
#[derive(Clone)]
pub struct Settings {
    figment: Figment,
    prefix: String,
    base: PathBuf,
}

impl fmt::Debug for Settings {
    /// Without the values, some of which are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("prefix", &self.prefix)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The settings under `prefix` (such as `providers.maxmind`) of a merged configuration. Relative paths in them are
    /// resolved from `base`.
    pub fn new(figment: &Figment, prefix: &str, base: &Path) -> Self {
        Self {
            figment: figment.focus(prefix),
            prefix: prefix.to_owned(),
            base: base.to_owned(),
        }
    }

    /// No settings at all: every key has its default.
    pub fn empty(prefix: &str) -> Self {
        Self::new(&Figment::new(), prefix, Path::new(""))
    }

    /// Settings from the text of a TOML document that is the plugin's own table.
    ///
    /// ```
    /// # #[derive(Debug, serde::Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Config { servers: Vec<String> }
    ///
    /// let settings = ipcascade_core::settings::Settings::from_toml("providers.x", "server = []");
    /// let error = settings.extract::<Config>().unwrap_err().to_string();
    /// assert!(error.contains("unknown key `providers.x.server`"), "{error}");
    /// ```
    pub fn from_toml(prefix: &str, text: &str) -> Self {
        use figment::providers::{Format as _, Toml};
        Self {
            figment: Figment::from(Toml::string(text)),
            prefix: prefix.to_owned(),
            base: PathBuf::new(),
        }
    }

    /// The same without `key`, which belongs to the program and not to the plugin.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        let figment = changed(&self.figment, |values| {
            values.remove(key);
        });
        Self { figment, ..self }
    }

    /// Reads the settings. Use `#[serde(deny_unknown_fields)]` and `#[serde(default)]` on `T`.
    ///
    /// # Errors
    ///
    /// On an unknown key or a value of the wrong type; the message names both and their origin.
    pub fn extract<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        extract(&self.figment).map_err(|error| SettingsError::from_figment(&self.prefix, error))
    }

    /// Refuses every key except `known`, for settings that are read in parts, none of which may refuse the keys of
    /// another.
    ///
    /// # Errors
    ///
    /// If there is another key; the message names it, its origin and the known ones.
    pub fn refuse_others(&self, known: &[&str]) -> Result<(), SettingsError> {
        let keys: BTreeMap<String, Value> = self
            .figment
            .extract()
            .map_err(|error| SettingsError::from_figment(&self.prefix, error))?;
        let mut keys = keys.keys();
        let Some(other) = keys.find(|key| !known.contains(&key.as_str())) else {
            return Ok(());
        };
        Err(SettingsError::unknown_key(&self.key(other), known).set_in(self.place(other)))
    }

    /// `key` is not what was `expected`, such as `expected 1 or more`; the error names its value and what has set it.
    pub fn invalid(&self, key: &str, expected: impl fmt::Display) -> SettingsError {
        let found = self.figment.find_value(key).ok();
        self.refused(key, expected)
            .found(found.and_then(|value| shown_value(&self.key(key), &value)))
    }

    /// The same without the value: it is a secret, or long, or not what is wrong.
    pub fn refused(&self, key: &str, problem: impl fmt::Display) -> SettingsError {
        SettingsError::new(self.key(key), problem).set_in(self.place(key))
    }

    /// What has set `key`.
    fn place(&self, key: &str) -> Option<String> {
        // A list has one origin.
        let list = key.split('[').next().unwrap_or(key);
        let metadata = self.figment.find_metadata(list)?;
        Some(place_of(metadata, &self.key(key)))
    }

    /// The full name of a key of these settings, for messages: `providers.maxmind.files`.
    pub fn key(&self, key: &str) -> String {
        join(&self.prefix, key)
    }

    /// Resolves a path from the settings: relative to the folder of the configuration file, and to the user's home if
    /// it begins with `~/`.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.base.join(expand_home(path))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it is tested")]
    struct Config {
        size: u32,
        dns: Option<Nested>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it is tested")]
    struct Nested {
        servers: Vec<String>,
    }

    fn problem(text: &str) -> String {
        Settings::from_toml("providers.x", text)
            .extract::<Config>()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn syntax_errors_name_the_place_and_never_quote_the_line() {
        for text in [
            "size = 1\napi_key = SECRET",
            "size = 1\nurl = \"postgresql://me:SECRET@db/x",
            "size = 1\napi_key = \"a\" SECRET",
        ] {
            let message = problem(text);
            assert!(message.contains("line 2, column"), "{message}");
            assert!(!message.contains("SECRET"), "{message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn a_key_of_the_program_is_taken_out_and_the_rest_keeps_its_origin() {
        use figment::providers::{Format as _, Toml};
        let text = "[providers.x]\nsize = 1\nprivate = true\ncolour = 2";
        let figment = Figment::from(Toml::string(text));
        let settings = || Settings::new(&figment, "providers.x", Path::new(""));
        let message = settings().without("private").extract::<Config>();
        let message = message.unwrap_err().to_string();
        assert!(
            message.contains("unknown key `providers.x.colour`"),
            "{message}"
        );
        assert!(message.contains("set in TOML source string"), "{message}");
        let fits = settings().without("private").without("colour");
        assert_eq!(fits.extract::<Config>().unwrap().size, 1);
    }

    #[test]
    fn errors_of_plugins_name_the_value_and_what_has_set_it() {
        let text = "size = 0\nname = \"a b\"\nproxy = \"https://me:SECRET@proxy\"\nlist = [1]\napi_token = 7\ncommand = \"p --token=x\"\nurl = \"db://h?password=x\"\n[dns]\nburst = 0.5";
        let settings = Settings::from_toml("providers.x", text);
        let set_in = "(set in TOML source string)";
        for (key, text) in [
            ("size", "`providers.x.size` is 0: expected 1"),
            ("name", "`providers.x.name` is \"a b\": expected 1"),
            ("proxy", "`providers.x.proxy`: expected 1"),
            ("list", "`providers.x.list`: expected 1"),
            ("api_token", "`providers.x.api_token`: expected 1"),
            ("command", "`providers.x.command`: expected 1"),
            ("url", "`providers.x.url`: expected 1"),
            ("dns.burst", "`providers.x.dns.burst` is 0.5: expected 1"),
        ] {
            let error = settings.invalid(key, "expected 1");
            assert_eq!(error.to_string(), format!("{text} {set_in}"));
        }
        let unset = settings.invalid("other", "expected 1").to_string();
        assert_eq!(unset, "`providers.x.other`: expected 1");
    }

    #[test]
    fn errors_name_the_key_and_what_was_expected() {
        assert!(
            problem("size = \"big\"").contains(
                "`providers.x.size` is \"big\": expected a whole number, 0 to 4294967295"
            )
        );
        let list = problem("size = 1\n[dns]\nservers = [\"a\", [1]]");
        assert!(
            list.contains("`providers.x.dns.servers[1]` is a list: expected text, in quotes"),
            "{list}"
        );
        assert!(problem("").contains("`providers.x.size` is missing"));
        for hidden in ["https://me:SECRET@proxy", "https://proxy?password=SECRET"] {
            let url = problem(&format!("size = \"{hidden}\""));
            assert!(url.contains("is text: expected a whole number"), "{url}");
        }
        let url = problem("size = \"https://me:SECRET@proxy\"");
        assert!(url.contains("is text: expected a whole number"), "{url}");
        let nested = problem("size = 1\n[dns]\nserver = []");
        assert!(
            nested.contains(
                "unknown key `providers.x.dns.server`: did you mean `providers.x.dns.servers`?"
            ),
            "{nested}"
        );
    }
}
