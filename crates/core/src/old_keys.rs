//! Keys of settings as they were before durations and sizes had their unit in the value: `ttl_days = 90` is now
//! `ttl = "90d"`.
//!
//! They are [translated](translate) where a source of settings is read, before it is merged with others, so that a new key
//! in one source overrides an old one in another as usual.

use std::time::Duration;

use figment::value::{Dict, Value};

use crate::setting_duration::NotFoundTtl;
use crate::setting_size::SettingSize;
use crate::settings::SettingsError;

/// A key that was a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldKey {
    /// The key as it was, within the plugin's table: `ttl_days`, `dns.timeout`.
    old: &'static str,
    /// The key as it is, in the same table.
    new: &'static str,
    unit: Unit,
}

/// What the number counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Days,
    Mebibytes,
}

impl OldKey {
    /// `ttl_days`, now `ttl`.
    pub const TTL: Self = Self::days("ttl_days", "ttl");
    /// `not_found_ttl_days`, now `not_found_ttl`.
    pub const NOT_FOUND_TTL: Self = Self::days("not_found_ttl_days", "not_found_ttl");

    /// A key that was a number of seconds.
    pub const fn seconds(old: &'static str, new: &'static str) -> Self {
        let unit = Unit::Seconds;
        Self { old, new, unit }
    }

    /// A key that was a number of days.
    pub const fn days(old: &'static str, new: &'static str) -> Self {
        let unit = Unit::Days;
        Self { old, new, unit }
    }

    /// A key that was a number of MiB.
    pub const fn mebibytes(old: &'static str, new: &'static str) -> Self {
        let unit = Unit::Mebibytes;
        Self { old, new, unit }
    }
}

/// An old key that was found, and how to write it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The key as it was, within the table.
    pub old: &'static str,
    /// The key as it is.
    pub new: &'static str,
    /// Its value with the unit.
    pub value: String,
}

/// One source has a setting in two spellings, `old` and `new`, which are full names.
pub fn both_set(old: &str, new: &str) -> SettingsError {
    let problem = format!("it is the same setting as `{new}`; remove `{old}`");
    SettingsError::new(old, problem)
}

/// Replaces old keys by new ones in `tables`, the settings of one source; `table` is the full name of the plugin's table,
/// and `written` returns how the source sets a key, by its full name, to a value.
///
/// A value that is not a number, or not one that the unit can have, is refused: here if its key is an old one, otherwise
/// by its reader.
///
/// # Errors
///
/// If both spellings of a key are set, or the value of an old one cannot be translated.
pub fn translate(
    tables: &mut Dict,
    table: &str,
    keys: &[OldKey],
    written: &dyn Fn(&str, &str) -> String,
) -> Result<Vec<Translated>, SettingsError> {
    let mut translated = Vec::new();
    let Some(settings) = table_at(tables, table) else {
        return Ok(translated);
    };
    for key in keys {
        let &OldKey { old, new, .. } = key;
        let Some((table_of_key, name)) = place_of(settings, old) else {
            continue;
        };
        let new_name = new.rsplit('.').next().unwrap_or(new);
        let Some(found) = table_of_key.get(name) else {
            continue;
        };
        let Some(value) = key.with_unit(found) else {
            if old == new {
                continue;
            }
            return Err(key.is_now(table, written));
        };
        table_of_key.remove(name);
        let text = Value::from(value.as_str());
        if table_of_key.insert(new_name.to_owned(), text).is_some() {
            return Err(both_set(
                &format!("{table}.{old}"),
                &format!("{table}.{new}"),
            ));
        }
        translated.push(Translated { old, new, value });
    }
    Ok(translated)
}

impl OldKey {
    /// The old key has a value that cannot be translated.
    fn is_now(&self, table: &str, written: &dyn Fn(&str, &str) -> String) -> SettingsError {
        let example = match self.unit {
            Unit::Seconds => "20s",
            Unit::Days => "30d",
            Unit::Mebibytes => "64MiB",
        };
        let Self { old, new, .. } = self;
        let new = format!("{table}.{new}");
        let example = written(&new, example);
        let problem = format!("it is now `{new}`, with a unit, as in `{example}`");
        SettingsError::new(format!("{table}.{old}"), problem)
    }

    /// Returns the text for a number; `None` for anything else.
    fn with_unit(&self, value: &Value) -> Option<String> {
        let unit_seconds = match self.unit {
            Unit::Mebibytes => {
                let mib = u64::try_from(whole(value)?).ok()?;
                return Some(SettingSize::<0, { u64::MAX }>::from_mib(mib).to_string());
            }
            Unit::Days => 86_400.0,
            Unit::Seconds => 1.0,
        };
        let number = value.to_f64().or_else(|| Some(whole(value)? as f64))?;
        let duration = Duration::try_from_secs_f64(number * unit_seconds).ok()?;
        let millis = u64::try_from(duration.as_millis()).ok()?;
        Some(NotFoundTtl::from_millis(millis).to_string())
    }
}

/// Returns a whole number: files have signed ones, variables of the environment also unsigned ones.
fn whole(value: &Value) -> Option<i128> {
    let unsigned = || i128::try_from(value.to_u128()?).ok();
    value.to_i128().or_else(unsigned)
}

/// Returns the table at a path.
fn table_at<'a>(tables: &'a mut Dict, path: &str) -> Option<&'a mut Dict> {
    let mut table = tables;
    for name in path.split('.') {
        let Value::Dict(_, inner) = table.get_mut(name)? else {
            return None;
        };
        table = inner;
    }
    Some(table)
}

/// Returns the table that has a key, and the key's last name.
fn place_of<'a, 'k>(settings: &'a mut Dict, key: &'k str) -> Option<(&'a mut Dict, &'k str)> {
    match key.rsplit_once('.') {
        Some((path, name)) => Some((table_at(settings, path)?, name)),
        None => Some((settings, key)),
    }
}

#[cfg(test)]
mod tests {
    use figment::Provider as _;
    use figment::providers::{Format as _, Toml};

    use super::*;

    const KEYS: &[OldKey] = &[
        OldKey::TTL,
        OldKey::seconds("dns.timeout", "dns.timeout"),
        OldKey::mebibytes("cache_mib", "cache"),
    ];

    fn translated(text: &str) -> (Dict, Result<Vec<Translated>, SettingsError>) {
        let profiles = Toml::string(text).data().unwrap();
        let mut tables = profiles.into_values().next().unwrap_or_default();
        let written = |key: &str, value: &str| format!("{key} := {value}");
        let found = translate(&mut tables, "providers.x", KEYS, &written);
        (tables, found)
    }

    fn value(tables: &Dict, key: &str) -> Option<String> {
        let settings = Value::from(tables.clone());
        settings.find(&format!("providers.x.{key}"))?.into_string()
    }

    #[test]
    fn numbers_are_given_their_unit() {
        let text = "[providers.x]\nttl_days = 90\ncache_mib = 64\ndns.timeout = 2.5";
        let (tables, found) = translated(text);
        let found: Vec<_> = found
            .unwrap()
            .into_iter()
            .map(|it| (it.old, it.value))
            .collect();
        let expected = [
            ("ttl_days", "90d"),
            ("dns.timeout", "2s 500ms"),
            ("cache_mib", "64MiB"),
        ];
        assert_eq!(found, expected.map(|(key, value)| (key, value.to_owned())));
        assert_eq!(value(&tables, "ttl").as_deref(), Some("90d"));
        assert_eq!(value(&tables, "dns.timeout").as_deref(), Some("2s 500ms"));
        assert_eq!(value(&tables, "cache").as_deref(), Some("64MiB"));
        assert_eq!(value(&tables, "ttl_days"), None);
    }

    #[test]
    fn what_is_not_such_a_number_is_left_to_its_reader() {
        for text in [
            "[providers.x]\ndns.timeout = nan",
            "[providers.x]\ndns.timeout = \"3s\"",
            "[providers.x]\ndns = 1",
            "[providers.y]\nttl_days = 90",
            "providers = 1",
        ] {
            let before = Toml::string(text).data().unwrap().into_values().next();
            let (tables, found) = translated(text);
            assert_eq!(found, Ok(Vec::new()), "{text}");
            assert_eq!(
                format!("{:?}", Some(tables)),
                format!("{before:?}"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_old_key_with_something_else_is_answered_with_the_new_one() {
        for (setting, example) in [
            ("ttl_days = \"90\"", "`providers.x.ttl := 30d`"),
            ("ttl_days = -1", "`providers.x.ttl := 30d`"),
            ("cache_mib = 1.5", "`providers.x.cache := 64MiB`"),
        ] {
            let (_, found) = translated(&format!("[providers.x]\n{setting}"));
            let message = found.unwrap_err().to_string();
            assert!(message.contains("it is now `providers.x."), "{message}");
            assert!(message.contains(example), "{message}");
        }
    }

    #[test]
    fn two_spellings_in_one_source_are_refused() {
        let (_, found) = translated("[providers.x]\nttl_days = 90\nttl = \"7d\"");
        let message = found.unwrap_err().to_string();
        assert!(
            message.contains("`providers.x.ttl_days`: it is the same setting as `providers.x.ttl`"),
            "{message}"
        );
    }
}
