//! The settings as they are in the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::preset::Preset;

/// How long answers last: an entry taken off a list, or a list taken out of the settings, is forgotten within that
/// time.
pub(crate) const TTL: Ttl = Ttl::from_days(7);

/// The table `[providers.lists]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ListsKeys {
    /// The lists.
    pub(crate) list: Vec<ListKeys>,
    /// How long an answer lasts.
    #[schemars(extend("default" = TTL))]
    pub(crate) ttl: Option<Ttl>,
    /// How long "not found" lasts at most; without it, as long as an answer.
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
}

/// A table `[[providers.lists.list]]`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ListKeys {
    /// Its name: lower case letters, digits, `-`, `_` and `.`; without it, that of the preset or the file.
    pub(crate) name: Option<String>,
    /// The well-known list that the files are a copy of.
    #[schemars(extend("enum" = Preset::names()))]
    pub(crate) preset: Option<String>,
    /// Its files.
    pub(crate) files: Vec<PathBuf>,
    /// The format of the files; without it, recognised by the name of the file.
    pub(crate) format: Option<FileFormat>,
    /// The column that has the entries, in JSON the path, such as `prefixes.*.cidr`; one or several.
    pub(crate) address: Option<EntryPlace>,
    /// Whether a bare number is an ASN.
    pub(crate) bare_asns: bool,
    /// The character between columns; without it a comma, in `.tsv` files a tab.
    pub(crate) delimiter: Option<char>,
    /// The fields that a hit sets to a constant.
    pub(crate) fields: BTreeMap<String, Value>,
    /// The fields that a hit sets from another column, in JSON from a key beside the entry.
    pub(crate) from: BTreeMap<String, String>,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileFormat {
    Text,
    Csv,
    Json,
}

/// Where a file has its entries: columns or paths.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a name, or a list of names")]
pub(crate) enum EntryPlace {
    One(String),
    Several(Vec<String>),
}

impl EntryPlace {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}
