//! The settings and the provider.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_description::AsnDescription;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::lookup::{Answers, Finding, Outcome};
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};
use ipcascade_core::settings::Settings;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::declaration::{FIELDS, NAME};
use crate::facts::{FactsBuilder, FactsTable};
use crate::file;
use crate::file::FileContent;
use crate::line::Family;
use crate::ranges::{KnownRange, RangeTable, StatedRange, prefix_length};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The registries' "delegated-extended" files.
    files: Vec<PathBuf>,
    /// How long an answer lasts at most; without it, until the files change.
    ttl: Option<Ttl>,
    /// How long "not found" lasts at most; without it, as long as an answer.
    not_found_ttl: Option<NotFoundTtl>,
}

/// Builds the provider from its settings, `[providers.rir]`.
///
/// # Errors
///
/// If a setting is wrong, or a file is missing or holds no delegation.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config: Config = settings.extract()?;
    if config.files.is_empty() {
        let setting = settings.key("files");
        return Ok(ProviderSetup::Unconfigured(format!(
            "set `{setting}` to the registries' \"delegated-extended\" files"
        )));
    }
    let mut facts = FactsBuilder::default();
    let mut contents = Vec::with_capacity(config.files.len());
    for path in &config.files {
        contents.push(file::read(&settings.resolve(path), &mut facts)?);
    }
    let mut rir = RirProvider::new(contents, facts.finish());
    rir.capabilities = rir.capabilities.lasting(config.ttl, config.not_found_ttl);
    Ok(ProviderSetup::Ready(Arc::new(rir)))
}

struct RirProvider {
    capabilities: Capabilities,
    version: Option<DataVersion>,
    files: Vec<DataFile>,
    ipv4: RangeTable<u32>,
    ipv6: RangeTable<u128>,
    /// One table for each file, the newest first, with its day.
    asns: Vec<(RangeTable<u32>, Option<Timestamp>)>,
    facts: FactsTable,
}

impl fmt::Debug for RirProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rir")
            .field("version", &self.version)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl RirProvider {
    fn new(mut contents: Vec<FileContent>, facts: FactsTable) -> Self {
        let version = version(&contents);
        let files = contents.iter().map(describe).collect();
        // If two files state different things about one range, the newer file counts.
        contents.sort_by_key(|content| std::cmp::Reverse(content.built_at));
        let (mut ipv4, mut ipv6, mut asns) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, content) in (0..).zip(contents) {
            let mut of_file = Vec::new();
            for entry in content.entries {
                let stated = StatedRange {
                    first: entry.first,
                    last: entry.last,
                    rank,
                    facts: entry.facts,
                };
                match entry.family {
                    Family::V4 => ipv4.push(stated),
                    Family::V6 => ipv6.push(stated),
                    Family::Asn => of_file.push(stated),
                }
            }
            asns.push((RangeTable::new(of_file), content.built_at));
        }
        let fields = FIELDS.iter().map(|source| source.field).collect();
        Self {
            capabilities: Capabilities::offline(NAME, fields),
            version,
            files,
            ipv4: RangeTable::new(ipv4),
            ipv6: RangeTable::new(ipv6),
            asns,
            facts,
        }
    }

    fn find(&self, address: Address) -> Option<Finding> {
        let (known, bits, width) = match address.ip() {
            IpAddr::V4(ip) => {
                let known = self.ipv4.find(ip.into())?;
                let known = KnownRange {
                    first: known.first.into(),
                    last: known.last.into(),
                    facts: known.facts,
                };
                (known, u32::from(ip).into(), 32)
            }
            IpAddr::V6(ip) => (self.ipv6.find(ip.into())?, ip.into(), 128),
        };
        let length = prefix_length(bits, known.first, known.last, width);
        let prefix = IpNet::new(address.ip(), length).ok();
        Some(Finding {
            fields: self.facts.fields(known.facts)?,
            prefix: prefix.map(|prefix| prefix.trunc()),
        })
    }
}

/// The newest day of all the files, and a digest of all of them together.
fn version(contents: &[FileContent]) -> Option<DataVersion> {
    let built_at = contents.iter().filter_map(|c| c.built_at).max()?;
    let mark = contents
        .iter()
        .fold(0_u64, |mark, c| mark.rotate_left(1) ^ c.digest);
    Some(DataVersion::new(built_at, &format!("{mark:016x}")))
}

fn describe(content: &FileContent) -> DataFile {
    let has_ipv6 = content.entries.iter().any(|e| e.family == Family::V6);
    let held = content
        .entries
        .iter()
        .filter(|e| e.facts.is_some() && e.family != Family::Asn);
    let held = held.count();
    let fields = ["registry", "country", "allocation_date", "prefix", "status"];
    DataFile {
        provider: NAME,
        path: content.path.clone(),
        edition: match &content.registry {
            Some(registry) => format!("delegated-extended ({registry})"),
            None => "delegated-extended".to_owned(),
        },
        built_at: content.built_at,
        records: u64::try_from(held).ok(),
        ip_version: if has_ipv6 { 6 } else { 4 },
        fields: fields.into_iter().map(str::to_owned).collect(),
    }
}

#[async_trait]
impl Provider for RirProvider {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        self.version.clone()
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let outcome =
            |&address: &Address| self.find(address).map_or(Outcome::NotFound, Outcome::Found);
        Answers {
            outcomes: addresses.iter().map(outcome).collect(),
            version: self.version.clone(),
        }
    }

    fn describe_asn(&self, asn: Asn) -> Option<AsnDescription> {
        let mut tables = self.asns.iter();
        tables.find_map(|(table, built_at)| {
            let known = table.find(asn.get())?;
            self.facts.description(known.facts, *built_at)
        })
    }

    fn data_files(&self, _: bool) -> Vec<DataFile> {
        self.files.clone()
    }
}
