//! The provider, and how it is built.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_description::AsnDescription;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::Field;
use ipcascade_core::lookup::{Answers, Finding, Outcome};
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::resource_error::{FileProblem, ResourceError};
use ipcascade_core::settings::Settings;
use ipnet::IpNet;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::config::{Config, ListConfig};
use crate::declaration::{FIELDS, NAME};
use crate::facts::{FactSetId, ListFacts};
use crate::file::ListReader;
use crate::intake::{FileIntake, ListEntries};
use crate::settings_form::FileFormat;
use crate::table::{Bits, Hit, NetworkTable};
use crate::{csv, json, text};

/// For how many nested prefixes the fields are cached.
const KEPT: usize = 1 << 16;

/// Builds the provider from its settings, `[providers.lists]`.
///
/// # Errors
///
/// If a setting is wrong, or a file cannot be read or is not a list.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config = Config::read(settings)?;
    if config.lists.is_empty() {
        return Ok(ProviderSetup::Unconfigured(format!(
            "add a list: [[{}]] with a `preset` or a `name`, and its `files`",
            settings.key("list")
        )));
    }
    let mut lists = ListsProvider::read(&config)?;
    lists.capabilities = lists
        .capabilities
        .lasting(Some(config.ttl), config.not_found_ttl);
    Ok(ProviderSetup::Ready(Arc::new(lists)))
}

struct ListsProvider {
    capabilities: Capabilities,
    version: DataVersion,
    built_at: Timestamp,
    files: Vec<DataFile>,
    facts: ListFacts,
    ipv4: NetworkTable<u32>,
    ipv6: NetworkTable<u128>,
    asns: BTreeMap<Asn, FactSetId>,
    /// The fields of prefixes inside others, or on several lists.
    nested: Cache<(bool, u32), ipcascade_core::fields::Fields>,
}

impl fmt::Debug for ListsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists")
            .field("version", &self.version)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl ListsProvider {
    fn read(config: &Config) -> Result<Self, BuildError> {
        let mut intake = ListEntries::default();
        let mut digest = Sha256::new();
        let mut built_at = Timestamp::default();
        let mut files = Vec::new();
        for (place, list) in config.lists.iter().enumerate() {
            // The settings for hits are part of the version: other settings yield other answers from the same files.
            digest.update(list.mark());
            for path in &list.files {
                let file = read(place, list, path, &mut intake)?;
                digest.update(file.digest);
                built_at = built_at.max(file.built_at);
                files.push(file.described);
            }
        }
        let asns = intake.finish();
        let names = config.lists.iter().map(|list| list.name.clone()).collect();
        let mark: String = digest
            .finalize()
            .iter()
            .take(8)
            .map(|it| format!("{it:02x}"))
            .collect();
        let known = FIELDS.iter().map(|source| source.field);
        let set = config.lists.iter().flat_map(ListConfig::all_fields);
        let mut fields: Vec<Field> = known
            .filter(|it| [Field::LISTS, Field::PREFIX].contains(it))
            .chain(set)
            .collect();
        fields.sort();
        fields.dedup();
        Ok(Self {
            capabilities: Capabilities::offline(NAME, fields),
            version: DataVersion::new(built_at, &mark),
            built_at,
            files,
            facts: intake.facts.finish(names),
            ipv4: intake.ipv4,
            ipv6: intake.ipv6,
            asns,
            nested: Cache::new(KEPT),
        })
    }

    fn find(&self, address: Address) -> Option<Finding> {
        match address.ip() {
            IpAddr::V4(ip) => self.find_in(&self.ipv4, ip.into(), address),
            IpAddr::V6(ip) => self.find_in(&self.ipv6, ip.into(), address),
        }
    }

    fn find_in<N: Bits>(
        &self,
        table: &NetworkTable<N>,
        bits: N,
        address: Address,
    ) -> Option<Finding> {
        let mut hits = table.hits(bits);
        let nearest = hits.next()?;
        let prefix_of = |hit: Hit| {
            IpNet::new(address.ip(), hit.length)
                .map(|it| it.trunc())
                .ok()
        };
        let is_alone = hits.next().is_none();
        let alone = is_alone.then(|| self.facts.alone(nearest.said)).flatten();
        let fields = alone.unwrap_or_else(|| {
            let key = (address.is_ipv4(), nearest.node);
            self.nested.get(&key).unwrap_or_else(|| {
                let hits = table.hits(bits);
                let hits = hits.filter_map(|hit| Some((prefix_of(hit)?, hit.said)));
                let fields = self.facts.together(&hits.collect::<Vec<_>>());
                self.nested.insert(key, fields.clone());
                fields
            })
        });
        Some(Finding {
            fields,
            prefix: prefix_of(nearest),
        })
    }
}

#[async_trait]
impl Provider for ListsProvider {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        Some(self.version.clone())
    }

    fn describe_asn(&self, asn: Asn) -> Option<AsnDescription> {
        let set = *self.asns.get(&asn)?;
        Some(self.facts.description(set, Some(self.built_at)))
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let outcome =
            |&address: &Address| self.find(address).map_or(Outcome::NotFound, Outcome::Found);
        Answers {
            outcomes: addresses.iter().map(outcome).collect(),
            version: Some(self.version.clone()),
        }
    }

    fn data_files(&self, _: bool) -> Vec<DataFile> {
        self.files.clone()
    }
}

/// A file that was read.
struct LoadedList {
    digest: [u8; 32],
    built_at: Timestamp,
    described: DataFile,
}

fn read(
    place: usize,
    list: &ListConfig,
    path: &Path,
    intake: &mut ListEntries,
) -> Result<LoadedList, BuildError> {
    let shown = path.display().to_string();
    let problem = |problem: FileProblem| {
        let remedy = match list.preset {
            Some(preset) => format!("get it from {}", preset.source),
            None => format!("correct the settings of the list `{}`", list.name),
        };
        let error = ResourceError::file(path, problem, remedy);
        let object = format!("{shown} for the list `{}`", list.name);
        ResourceError { object, ..error }
    };
    let io = |error: std::io::Error| problem(error.into());
    let before = (intake.ipv4.len(), intake.ipv6.len());
    let (mut file, built_at) = ListReader::open(path).map_err(io)?;
    let Some(first) = file.peek().map_err(io)? else {
        return Err(problem(FileProblem::incomplete("it is empty")).into());
    };
    let format = list.format_of(path, Some(first));
    let mut entries: FileIntake<'_> = intake.file(place, list, &shown);
    match format {
        FileFormat::Text => text::read(&mut file, &mut entries).map_err(io)?,
        FileFormat::Csv => {
            csv::read(&mut file, list.delimiter_of(path), &mut entries)
                .map_err(|error| problem(error.into()))?;
        }
        FileFormat::Json => {
            json::read(&mut file, &mut entries).map_err(|error| problem(error.into()))?;
        }
    }
    let taken = entries.finish().map_err(|reason| problem(reason.into()))?;
    let has_ipv6 = intake.ipv6.len() > before.1;
    Ok(LoadedList {
        digest: file.digest(),
        built_at,
        described: DataFile {
            provider: NAME,
            path: shown.clone(),
            edition: format!("list {}", list.name),
            built_at: Some(built_at),
            records: Some(taken),
            ip_version: if has_ipv6 { 6 } else { 4 },
            fields: list
                .all_fields()
                .map(|field| field.name().to_owned())
                .collect(),
        },
    })
}
