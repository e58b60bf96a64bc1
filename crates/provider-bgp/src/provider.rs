//! The settings and the provider.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::Field;
use ipcascade_core::lookup::{Answers, Outcome};
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};
use ipcascade_core::settings::Settings;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de::value::SeqAccessDeserializer};

use crate::declaration::{FIELDS, NAME};
use crate::prefix_origins::PrefixOrigins;
use crate::rov::Payloads;
use crate::table::PrefixTable;
use crate::{file, vrps};

/// Files further apart in time than this disagree about prefixes that have moved in between.
const FAR_APART: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// MRT RIB dumps and files of pyasn.
    files: Vec<PathBuf>,
    /// Files of validated ROA payloads, for the field `rpki`.
    #[serde(deserialize_with = "paths")]
    #[schemars(with = "OneOrMore")]
    vrps: Vec<PathBuf>,
    /// How many peers must see an origin for it to count; without it two, if there are that many.
    min_peers: Option<NonZeroU32>,
    /// How long an answer lasts at most; without it, until the files change.
    ttl: Option<Ttl>,
    /// How long "not found" lasts at most; without it, as long as an answer.
    not_found_ttl: Option<NotFoundTtl>,
}

/// The schema of what [`paths`] reads.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(PathBuf),
    More(Vec<PathBuf>),
}

/// One path, or a list of them.
fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    struct Paths;

    impl<'de> Visitor<'de> for Paths {
        type Value = Vec<PathBuf>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a path or a list of paths")
        }

        fn visit_str<E: de::Error>(self, path: &str) -> Result<Self::Value, E> {
            Ok(vec![path.into()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, paths: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(paths))
        }
    }

    deserializer.deserialize_any(Paths)
}

/// Builds the provider from its settings, `[providers.bgp]`.
///
/// # Errors
///
/// If a setting is wrong, or a file is missing, cut off, or of another kind.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config: Config = settings.extract()?;
    if config.files.is_empty() {
        let setting = settings.key("files");
        return Ok(ProviderSetup::Unconfigured(format!(
            "set `{setting}` to MRT RIB dumps or pyasn files"
        )));
    }
    let mut prefix_origins = PrefixOrigins::default();
    let mut files = Vec::with_capacity(config.files.len() + config.vrps.len());
    for path in &config.files {
        files.push(file::read(&settings.resolve(path), &mut prefix_origins)?);
    }
    warn_if_far_apart(&files);
    let newest = files.iter().filter_map(|file| file.built_at).max();
    let mut payloads = None;
    for path in &config.vrps {
        let payloads = payloads.get_or_insert_with(Payloads::default);
        let file = vrps::read(&settings.resolve(path), payloads)?;
        warn_if_old(&file, newest);
        files.push(file);
    }
    let table = PrefixTable::new(prefix_origins, config.min_peers, payloads.as_ref());
    if table.is_empty() {
        let problem = "none of the origins in the files is seen by that many peers; set it lower";
        return Err(settings.invalid("min_peers", problem).into());
    }
    let fields = FIELDS.iter().map(|source| source.field);
    let is_judged = |field: &Field| [Field::RPKI, Field::RPKI_INVALID].contains(field);
    let fields = fields.filter(|field| payloads.is_some() || !is_judged(field));
    let capabilities = Capabilities::offline(NAME, fields.collect());
    Ok(ProviderSetup::Ready(Arc::new(Bgp {
        capabilities: capabilities.lasting(config.ttl, config.not_found_ttl),
        version: version(&files, &table),
        files,
        table,
    })))
}

fn warn_if_far_apart(files: &[DataFile]) {
    let dates = || files.iter().filter_map(|file| file.built_at);
    if let (Some(oldest), Some(newest)) = (dates().min(), dates().max())
        && newest - oldest > FAR_APART
    {
        let day = |at: Timestamp| at.date_naive();
        tracing::warn!(
            "the routing tables are of {} to {}: prefixes that have moved in between seem to have several origins",
            day(oldest),
            day(newest)
        );
    }
}

/// What may be announced changes daily: older payloads make announcements invalid that have been authorised since.
fn warn_if_old(payloads: &DataFile, newest: Option<Timestamp>) {
    if let (Some(newest), Some(built_at)) = (newest, payloads.built_at)
        && newest - built_at > FAR_APART
    {
        let day = |at: Timestamp| at.date_naive();
        tracing::warn!(
            "{}: the ROA payloads are of {}, the routing table of {}: fetch newer ones, or announcements count as invalid that are not",
            payloads.path,
            day(built_at),
            day(newest)
        );
    }
}

/// The date of the newest file, payloads included, so that of two machines the one with the more recent files wins; and
/// a digest of the table.
fn version(files: &[DataFile], table: &PrefixTable) -> Option<DataVersion> {
    let built_at = files.iter().filter_map(|file| file.built_at).max()?;
    Some(DataVersion::new(
        built_at,
        &format!("{:016x}", table.digest()),
    ))
}

struct Bgp {
    capabilities: Capabilities,
    version: Option<DataVersion>,
    files: Vec<DataFile>,
    table: PrefixTable,
}

impl fmt::Debug for Bgp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bgp")
            .field("version", &self.version)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for Bgp {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        self.version.clone()
    }

    fn find_prefixes(&self, asns: &[Asn], found: &mut dyn FnMut(Asn, IpNet)) -> bool {
        self.table.find_prefixes(asns, found);
        true
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let outcome = |&address: &Address| {
            let finding = self.table.find(address);
            finding.map_or(Outcome::NotFound, Outcome::Found)
        };
        Answers {
            outcomes: addresses.iter().map(outcome).collect(),
            version: self.version.clone(),
        }
    }

    fn data_files(&self, _: bool) -> Vec<DataFile> {
        self.files.clone()
    }
}
