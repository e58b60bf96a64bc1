//! The settings, `[providers.maxmind]`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::section_keys::RESERVED_KEYS;
use ipcascade_core::setting_duration::{NotFoundTtl, SettingDuration, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fields::RECORD;

/// How often replaced files are looked for: up to a day apart.
type ReloadInterval = SettingDuration<0, 86_400_000>;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MaxmindKeys {
    /// MMDB files, in order of preference.
    files: Vec<PathBuf>,
    /// Whether to map the files instead of reading them into memory: safe only if files are always replaced by renaming.
    mmap: bool,
    /// The language of place names, where the files have it; English otherwise.
    language: String,
    /// Whether to look for replaced files while running.
    reload: bool,
    /// How often to look for them, at most.
    reload_interval: ReloadInterval,
    /// How long an answer lasts at most; without it, until the files change.
    ttl: Option<Ttl>,
    /// How long "not found" lasts at most; without it, as long as an answer.
    not_found_ttl: Option<NotFoundTtl>,
    /// More fields: for the name of a field, the path in the record, `.` for the record itself.
    fields: BTreeMap<String, String>,
}

impl Default for MaxmindKeys {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            mmap: false,
            language: "en".to_owned(),
            reload: true,
            reload_interval: ReloadInterval::from_secs(1),
            ttl: None,
            not_found_ttl: None,
            fields: BTreeMap::new(),
        }
    }
}

/// The checked settings.
#[derive(Debug)]
pub(crate) struct Config {
    /// The files, in order of preference.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) mmap: bool,
    pub(crate) language: String,
    /// How often to check whether a file was replaced; `None`: never.
    pub(crate) reload: Option<Duration>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
    /// Paths in records by key of the section.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let keys: MaxmindKeys = settings.extract()?;
        if let Some(empty) = keys.files.iter().position(|f| f.as_os_str().is_empty()) {
            let problem = format!("entry {} is empty; write the path of a file", empty + 1);
            return Err(settings.refused("files", problem));
        }
        if keys.language.trim().is_empty() {
            let expected = "expected a language of the files' names, such as \"en\" or \"pt-BR\"";
            return Err(settings.invalid("language", expected));
        }
        for (field, path) in &keys.fields {
            let key = format!("fields.{field}");
            check_name(field).map_err(|problem| settings.refused(&key, problem))?;
            check_path(path).map_err(|expected| settings.invalid(&key, expected))?;
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for file in &keys.files {
            let file = settings.resolve(file);
            if !files.contains(&file) {
                files.push(file);
            }
        }
        Ok(Self {
            files,
            mmap: keys.mmap,
            language: keys.language,
            reload: keys.reload.then(|| keys.reload_interval.get()),
            ttl: keys.ttl,
            not_found_ttl: keys.not_found_ttl,
            fields: keys.fields,
        })
    }

    /// The fields that the settings name; fields have the same meaning for every provider.
    pub(crate) fn own_fields(&self) -> Vec<FieldSource> {
        let fields = self.fields.keys().map(|name| Field::named(name));
        fields.map(FieldSource::same).collect()
    }
}

fn check_name(field: &str) -> Result<(), &'static str> {
    if !Field::is_name(field) {
        return Err(
            "its name is not one of lower case letters, digits and `_`; choose another one",
        );
    }
    if RESERVED_KEYS.contains(&field) {
        return Err("the name is taken by every section's own keys; choose another one");
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), String> {
    if path != RECORD && path.split('.').any(str::is_empty) {
        return Err(format!(
            "expected keys with dots between, such as \"traits.isp\" or \"subdivisions.0.iso_code\", or \"{RECORD}\" for a \
             record that is itself the value"
        ));
    }
    Ok(())
}
