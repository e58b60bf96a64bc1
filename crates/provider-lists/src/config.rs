//! Reads and checks the settings, `[providers.lists]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::near_miss::suggestion;
use ipcascade_core::section_keys::RESERVED_KEYS;
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use serde_json::Value;

use crate::preset::Preset;
use crate::settings_form::{EntryPlace, FileFormat, ListKeys, ListsKeys, TTL};
use crate::value;

/// Keys that sections and hits use themselves.
const OWN_KEYS: [&str; 3] = [Field::LISTS.name(), "hits", "list"];

/// The settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) lists: Vec<ListConfig>,
    pub(crate) ttl: Ttl,
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
}

/// A list.
#[derive(Debug)]
pub(crate) struct ListConfig {
    pub(crate) name: String,
    pub(crate) preset: Option<&'static Preset>,
    /// Whether its files have the format of the preset.
    is_written_like_preset: bool,
    pub(crate) files: Vec<PathBuf>,
    format: Option<FileFormat>,
    pub(crate) addresses: EntryPlace,
    /// Whether a bare number is an ASN.
    pub(crate) bare_asns: bool,
    delimiter: Option<u8>,
    /// The fields that a hit sets to a constant.
    pub(crate) fields: Vec<(Field, Value)>,
    /// The fields that a hit sets from another column, or from a key beside the entry.
    pub(crate) from: Vec<(Field, String)>,
}

/// Returns the fields that the settings name.
pub(crate) fn configured_fields(settings: &Settings) -> Result<Vec<FieldSource>, SettingsError> {
    let config = Config::read(settings)?;
    let fields = config.lists.iter().flat_map(ListConfig::all_fields);
    let fields: BTreeSet<Field> = fields.collect();
    Ok(fields.into_iter().map(FieldSource::same).collect())
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let keys: ListsKeys = settings.extract()?;
        let mut lists: Vec<ListConfig> = Vec::new();
        for (index, list) in keys.list.into_iter().enumerate() {
            let list = ListConfig::read(list, index, settings)?;
            if lists.iter().any(|known| known.name == list.name) {
                let problem = format!("two lists are called `{}`; set other names", list.name);
                return Err(settings.refused(&format!("list[{index}].name"), problem));
            }
            lists.push(list);
        }
        Ok(Self {
            lists,
            ttl: keys.ttl.unwrap_or(TTL),
            not_found_ttl: keys.not_found_ttl,
        })
    }
}

/// A setting of a list that cannot be used.
struct Wrong {
    /// The key within the list.
    key: String,
    problem: String,
}

impl Wrong {
    fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }
}

impl ListConfig {
    fn read(keys: ListKeys, index: usize, settings: &Settings) -> Result<Self, SettingsError> {
        let preset = keys.preset.as_deref().map(preset).transpose();
        let name = keys.name.clone();
        let name = name.unwrap_or_else(|| name_of(keys.preset.as_deref(), &keys.files));
        let list = preset.and_then(|preset| Self::of(keys, name.clone(), preset, settings));
        list.map_err(|Wrong { key, problem }| {
            let problem = format!("of the list `{name}`: {problem}");
            settings.refused(&format!("list[{index}].{key}"), problem)
        })
    }

    fn of(
        keys: ListKeys,
        name: String,
        preset: Option<&'static Preset>,
        settings: &Settings,
    ) -> Result<Self, Wrong> {
        let is_of_name =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_of_name) {
            let expected = "expected lower case letters, digits, `-`, `_` and `.`";
            return Err(Wrong::new("name", expected));
        }
        if keys.files.is_empty() || keys.files.iter().any(|it| it.as_os_str().is_empty()) {
            return Err(Wrong::new("files", "expected the paths of its files"));
        }
        let mut list = Self {
            name,
            preset,
            is_written_like_preset: preset.is_some()
                && keys.address.is_none()
                && keys.from.is_empty(),
            files: keys.files.iter().map(|it| settings.resolve(it)).collect(),
            format: keys.format,
            bare_asns: keys.bare_asns,
            delimiter: keys.delimiter.map(delimiter).transpose()?,
            fields: fixed(keys.fields)?,
            from: from(keys.from)?,
            addresses: EntryPlace::Several(Vec::new()),
        };
        match (keys.address, preset) {
            (Some(addresses), _) => list.addresses = addresses,
            (None, Some(preset)) if list.is_written_like_preset => list.take_paths(preset),
            (None, _) => {}
        }
        for (field, value) in preset.into_iter().flat_map(Preset::fields) {
            if list.fields.iter().all(|(known, _)| *known != field) {
                list.fields.push((field, value));
            }
        }
        list.check_places()?;
        Ok(list)
    }

    /// Takes over the paths of `preset`'s JSON.
    fn take_paths(&mut self, preset: &Preset) {
        let paths = preset.addresses.iter();
        self.addresses = EntryPlace::Several(paths.map(|&path| path.to_owned()).collect());
        let from = preset.from.iter();
        self.from
            .extend(from.map(|&(field, key)| (field, key.to_owned())));
    }

    /// Checks that columns and paths are set where the format has them, and only there.
    fn check_places(&self) -> Result<(), Wrong> {
        const TEXT_HAS_NONE: &str =
            "text has one entry a line, and nothing else; `format` can be \"csv\" or \"json\"";
        if self.is_written_like_preset {
            return Ok(());
        }
        let has_addresses = !self.addresses.all().is_empty();
        for file in &self.files {
            match self.format_of(file, None) {
                FileFormat::Csv | FileFormat::Json if !has_addresses => {
                    let expected = "expected the column that has the entries, in JSON the path: \"prefixes.*.cidr\"";
                    return Err(Wrong::new("address", expected));
                }
                FileFormat::Text if has_addresses => {
                    return Err(Wrong::new("address", TEXT_HAS_NONE));
                }
                FileFormat::Text if !self.from.is_empty() => {
                    return Err(Wrong::new("from", TEXT_HAS_NONE));
                }
                FileFormat::Csv | FileFormat::Json | FileFormat::Text => {}
            }
        }
        Ok(())
    }

    /// All fields that a hit may set.
    pub(crate) fn all_fields(&self) -> impl Iterator<Item = Field> {
        let fixed = self.fields.iter().map(|(field, _)| *field);
        fixed.chain(self.from.iter().map(|(field, _)| *field))
    }

    /// Returns the format of a file whose first byte, leading white space aside, is `first`.
    pub(crate) fn format_of(&self, file: &Path, first: Option<u8>) -> FileFormat {
        if let Some(format) = self.format {
            return format;
        }
        let is_json = match self.preset {
            Some(preset) if self.is_written_like_preset => {
                !preset.addresses.is_empty() && matches!(first, Some(b'{' | b'['))
            }
            _ => is_ending(file, &["json", "ndjson", "jsonl"]),
        };
        match is_json {
            true => FileFormat::Json,
            false if is_ending(file, &["csv", "tsv"]) => FileFormat::Csv,
            false => FileFormat::Text,
        }
    }

    /// Returns the delimiter of `file`.
    pub(crate) fn delimiter_of(&self, file: &Path) -> u8 {
        let usual = || {
            if is_ending(file, &["tsv"]) {
                b'\t'
            } else {
                b','
            }
        };
        self.delimiter.unwrap_or_else(usual)
    }

    /// The settings that change which entries the same files yield.
    pub(crate) fn mark(&self) -> String {
        let read = (self.format, &self.addresses, self.delimiter, self.bare_asns);
        format!("{} {read:?} {:?} {:?}\n", self.name, self.fields, self.from)
    }

    /// Whether columns are named by number, so that the first line is an entry like any other.
    pub(crate) fn are_columns_numbered(&self) -> bool {
        let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
        self.addresses.all().iter().all(is_number)
    }
}

fn preset(name: &str) -> Result<&'static Preset, Wrong> {
    Preset::of(name).ok_or_else(|| {
        let suggestion = suggestion(name, &Preset::names(), "expected one of");
        let problem = format!("there is no preset `{name}`: {suggestion}");
        Wrong::new("preset", problem)
    })
}

fn delimiter(delimiter: char) -> Result<u8, Wrong> {
    let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii);
    let expected = "expected one ASCII character, such as \";\"";
    byte.ok_or_else(|| Wrong::new("delimiter", expected))
}

/// The fields that a hit sets to a constant.
fn fixed(fields: BTreeMap<String, Value>) -> Result<Vec<(Field, Value)>, Wrong> {
    let fields = fields.into_iter().map(|(name, value)| {
        let wrong = |problem: String| Wrong::new(format!("fields.{name}"), problem);
        let field = own_field(&name).map_err(wrong)?;
        if matches!(value, Value::Null | Value::Object(_)) {
            return Err(wrong("expected a value, or a list of values".to_owned()));
        }
        Ok((field, value::checked(field, value).map_err(wrong)?))
    });
    fields.collect()
}

/// The fields that a hit sets from elsewhere.
fn from(fields: BTreeMap<String, String>) -> Result<Vec<(Field, String)>, Wrong> {
    let fields = fields.into_iter().map(|(name, place)| {
        let wrong = |problem: String| Wrong::new(format!("from.{name}"), problem);
        if place.is_empty() {
            return Err(wrong("expected a column, or a key of the JSON".to_owned()));
        }
        Ok((own_field(&name).map_err(wrong)?, place))
    });
    fields.collect()
}

/// Returns the name of a list that has none of its own: that of its preset or of its file.
fn name_of(preset: Option<&str>, files: &[PathBuf]) -> String {
    if let Some(preset) = preset {
        return preset.to_owned();
    }
    let file = files.first().map(|file| file_name(file));
    let file = file.unwrap_or_default();
    let stem = file.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    stem.unwrap_or(file)
}

/// Returns the field called `name`, if a list may set it.
fn own_field(name: &str) -> Result<Field, String> {
    if !Field::is_name(name) {
        return Err("expected a name of lower case letters, digits and `_`".to_owned());
    }
    if RESERVED_KEYS.contains(&name) || OWN_KEYS.contains(&name) {
        return Err(
            "the name is taken by keys that every section of lists has; choose another one"
                .to_owned(),
        );
    }
    Ok(Field::named(name))
}

/// Returns the name of `file` in lower case, without `.gz`.
fn file_name(file: &Path) -> String {
    let name = file.file_name();
    let name = name.map(|name| name.to_string_lossy().to_lowercase());
    let name = name.unwrap_or_default();
    name.strip_suffix(".gz").unwrap_or(&name).to_owned()
}

/// Whether the name of `file` has one of these extensions.
fn is_ending(file: &Path, endings: &[&str]) -> bool {
    let name = file_name(file);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| endings.contains(&ending))
}
