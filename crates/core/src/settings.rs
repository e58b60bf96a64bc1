//! Typed settings of plugins, with errors that name the key, the file and what was expected.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::error::{Actual, Kind};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Profile};
use serde::de::DeserializeOwned;

use crate::home::expand_home;

/// The longest text that errors quote, in bytes.
const LONGEST_SHOWN: usize = 200;

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
        let figment = Figment::from(Without {
            figment: &self.figment,
            key,
        });
        Self { figment, ..self }
    }

    /// Reads the settings. Use `#[serde(deny_unknown_fields)]` and `#[serde(default)]` on `T`.
    ///
    /// # Errors
    ///
    /// On an unknown key or a value of the wrong type; the message names both and their origin.
    pub fn extract<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.figment
            .extract()
            .map_err(|error| SettingsError::from_figment(&self.prefix, error))
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
        let origin = self.figment.find_metadata(other).map(origin_of);
        Err(SettingsError::unknown_key(&self.key(other), known).set_in(origin))
    }

    /// `key` is not what was `expected`, such as `expected 1 or more`; the error names its value and what has set it.
    pub fn invalid(&self, key: &str, expected: impl fmt::Display) -> SettingsError {
        let found = self.figment.find_value(key).ok();
        self.refused(key, expected)
            .found(found.and_then(|value| shown_value(&value)))
    }

    /// The same without the value: it is a secret, or long, or not what is wrong.
    pub fn refused(&self, key: &str, problem: impl fmt::Display) -> SettingsError {
        let origin = self.figment.find_metadata(key).map(origin_of);
        SettingsError::new(self.key(key), problem).set_in(origin)
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

/// A configuration without one of its keys; the origin of values is kept, for messages.
struct Without<'a> {
    figment: &'a Figment,
    key: &'a str,
}

impl figment::Provider for Without<'_> {
    fn metadata(&self) -> figment::Metadata {
        figment::Provider::metadata(self.figment)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut profiles = figment::Provider::data(self.figment)?;
        for keys in profiles.values_mut() {
            keys.remove(self.key);
        }
        Ok(profiles)
    }

    fn profile(&self) -> Option<Profile> {
        figment::Provider::profile(self.figment)
    }

    fn __metadata_map(&self) -> Option<Map<Tag, figment::Metadata>> {
        figment::Provider::__metadata_map(self.figment)
    }
}

fn join(prefix: &str, key: &str) -> String {
    match (prefix.is_empty(), key.is_empty()) {
        (true, _) => key.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}.{key}"),
    }
}

/// A setting that cannot be used.
///
/// As text: `` `KEY` is FOUND: PROBLEM (set in ORIGIN) ``, without the parts that are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The full name of the key, such as `providers.maxmind.files`.
    pub key: Option<String>,
    /// The value, if it can be shown.
    pub found: Option<String>,
    /// What was expected, or what is wrong and what to do.
    pub problem: String,
    /// The file, or whatever else has set it.
    pub origin: Option<String>,
}

impl SettingsError {
    /// `key` (its full name) has this problem: what was expected, or what is wrong and what to do.
    pub fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            key: Some(key.into()),
            ..Self::without_key(problem.to_string())
        }
    }

    const fn without_key(problem: String) -> Self {
        Self {
            key: None,
            found: None,
            problem,
            origin: None,
        }
    }

    fn unknown_key(key: &str, known: &[&str]) -> Self {
        let known = known.join("`, `");
        Self::without_key(format!("unknown key `{key}`: expected one of `{known}`"))
    }

    /// Adds what has set it: a file, an environment variable, the command line.
    #[must_use]
    pub fn set_in(mut self, origin: Option<String>) -> Self {
        self.origin = origin;
        self
    }

    /// Adds the value, as it may be shown.
    #[must_use]
    fn found(mut self, found: Option<String>) -> Self {
        self.found = found;
        self
    }

    /// Converts the configuration library's error to one for people; `prefix` is put before keys.
    pub fn from_figment(prefix: &str, error: figment::Error) -> Self {
        let path = join(prefix, &error.path.join("."));
        let origin = error.metadata.as_ref().map(origin_of);
        let wrong = match &error.kind {
            Kind::UnknownField(found, expected) => {
                let key = match path.strip_suffix(found.as_str()) {
                    Some(parent) if parent.is_empty() || parent.ends_with('.') => path.clone(),
                    _ => join(&path, found),
                };
                Self::unknown_key(&key, expected)
            }
            Kind::MissingField(field) => {
                let key = join(&path, field);
                Self::without_key(format!("the key `{key}` is missing"))
            }
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                Self::new(path, format_args!("expected {expected}")).found(Some(shown(found)))
            }
            Kind::UnknownVariant(found, expected) => Self::new(
                path,
                format_args!("expected one of `{}`", expected.join("`, `")),
            )
            .found(Some(format!("`{found}`"))),
            other => {
                let message = without_source_lines(&other.to_string());
                match path.is_empty() {
                    true => Self::without_key(message),
                    false => Self::new(path, message),
                }
            }
        };
        wrong.set_in(origin)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "`{key}`")?;
            if let Some(found) = &self.found {
                write!(f, " is {found}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.problem)?;
        match &self.origin {
            Some(origin) => write!(f, " (set in {origin})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SettingsError {}

/// A value as it may be shown: a number, whether something is so, or a short text without a password.
fn shown_value(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) if may_hold_password(text) || text.len() > LONGEST_SHOWN => None,
        Value::String(..) | Value::Num(..) | Value::Bool(..) | Value::Char(..) => {
            Some(shown(&value.to_actual()))
        }
        _ => None,
    }
}

/// A value as it may be shown, by type.
fn shown(found: &Actual) -> String {
    match found {
        Actual::Str(text) if may_hold_password(text) => "text".to_owned(),
        Actual::Str(text) => format!("{text:?}"),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        found => found.to_string(),
    }
}

/// Whether text looks like an address with user and password: it is not shown where it is not understood.
pub fn may_hold_password(text: &str) -> bool {
    let after_user = text.split_once(':');
    after_user.is_some_and(|(_, rest)| rest.contains('@'))
}

/// Returns what has set a value, for messages.
pub fn origin_of(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(file)) => file.display().to_string(),
        _ => metadata.name.to_string(),
    }
}

/// A syntax error without the quoted line of the file, which may contain a key or a password.
fn without_source_lines(message: &str) -> String {
    let is_quoted = |line: &str| {
        let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        after_number.starts_with('|')
    };
    let mut lines = message.lines().filter(|line| !is_quoted(line));
    let place = lines.next().unwrap_or_default().to_owned();
    let reasons: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match reasons.is_empty() {
        true => place,
        false => format!("{place}: {}", reasons.join(", ")),
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
        let text = "size = 0\nname = \"a b\"\nproxy = \"https://me:SECRET@proxy\"\nlist = [1]\n[dns]\nburst = 0.5";
        let settings = Settings::from_toml("providers.x", text);
        let set_in = "(set in TOML source string)";
        for (key, text) in [
            ("size", "`providers.x.size` is 0: expected 1"),
            ("name", "`providers.x.name` is \"a b\": expected 1"),
            ("proxy", "`providers.x.proxy`: expected 1"),
            ("list", "`providers.x.list`: expected 1"),
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
        assert!(problem("size = \"big\"").contains("`providers.x.size` is \"big\": expected u32"));
        assert!(problem("").contains("`providers.x.size` is missing"));
        let url = problem("size = \"https://me:SECRET@proxy\"");
        assert!(url.contains("is text: expected u32"), "{url}");
        let nested = problem("size = 1\n[dns]\nserver = []");
        assert!(
            nested.contains("unknown key `providers.x.dns.server`: expected one of `servers`"),
            "{nested}"
        );
    }
}
