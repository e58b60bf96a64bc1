//! The offline mode: a Psychic file, which holds all scanners that GreyNoise saw in a period.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use async_trait::async_trait;
use chrono::DateTime;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::{Capabilities, Families};
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::Field;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{Answers, FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::registry::BuildError;
use ipcascade_core::resource_error::{FileProblem, ResourceError};
use maxminddb::{Reader, WithinOptions};
use serde_json::{Map, Value};

use crate::answer::copy;
use crate::declaration::NAME;
use crate::ipv6::with_ipv6_refused;

/// The fields of the file's records (in its most detailed model), under the section's names.
const RECORD: &[&str] = &[
    "classification",
    "last_seen",
    "first_seen",
    "date",
    "actor",
    "handshake_complete",
    "spoofable",
    "tor",
    "vpn",
    "cves",
    "tags",
];

const REMEDY: &str = "name a Psychic file of GreyNoise's in the MMDB format (POST /v1/psychic with `\"format\": \"mmdb\"`, \
                      see https://docs.greynoise.io/docs/psychic)";

pub(crate) struct Psychic {
    capabilities: Capabilities,
    reader: Reader<Vec<u8>>,
    version: Option<DataVersion>,
    path: String,
}

impl std::fmt::Debug for Psychic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Psychic")
            .field("path", &self.path)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Psychic {
    pub(crate) fn open(path: &Path) -> Result<Self, BuildError> {
        let shown = path.display().to_string();
        let problem = |problem: FileProblem| ResourceError::file(path, problem, REMEDY);
        let bytes = std::fs::read(path).map_err(|error| problem(error.into()))?;
        let mark = format!("{:x}", bytes.len());
        let reader =
            Reader::from_source(bytes).map_err(|error| problem(error.to_string().into()))?;
        let built_at = i64::try_from(reader.metadata().build_epoch)
            .ok()
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let fields = vec![Field::NOISE, Field::CLASSIFICATION, Field::ACTOR];
        let mut capabilities = Capabilities::offline(NAME, fields);
        capabilities.families = Families::Ipv4;
        Ok(Self {
            capabilities,
            reader,
            version: built_at.map(|built_at| DataVersion::new(built_at, &mark)),
            path: shown,
        })
    }

    /// How many networks of IPv4 have a record; `None` if the file cannot be counted. A tree has one leaf more than it has
    /// nodes: in a damaged file, in which many nodes lead to the same ones, the paths to its leaves are without number.
    fn records(&self) -> Option<u64> {
        let options = WithinOptions::default()
            .include_networks_without_data()
            .include_aliased_networks();
        let networks = self
            .reader
            .within("0.0.0.0/0".parse().ok()?, options)
            .ok()?;
        let mut left = u64::from(self.reader.metadata().node_count) + 1;
        let mut records = 0;
        for network in networks {
            left = left.checked_sub(1)?;
            records += u64::from(network.is_ok_and(|network| network.has_data()));
        }
        Some(records)
    }

    /// The outcome for `address`; many addresses share one record, which is decoded once.
    fn find(&self, address: Address, decoded: &mut HashMap<usize, Finding>) -> Outcome {
        let fail = |error: maxminddb::MaxMindDbError| {
            let message = format!("{}: {address}: {error}", self.path);
            Outcome::Failed(LookupFailure::new(FailureClass::Permanent, message))
        };
        let record = match self.reader.lookup(address.ip()) {
            Ok(record) => record,
            Err(error) => return fail(error),
        };
        let Some(offset) = record.offset() else {
            return Outcome::found(UNSEEN.clone());
        };
        if let Some(finding) = decoded.get(&offset) {
            return Outcome::Found(finding.clone());
        }
        match record.decode::<Value>() {
            Ok(value) => {
                let finding = Finding {
                    fields: section(value.unwrap_or_default()).into(),
                    prefix: None,
                };
                decoded.insert(offset, finding.clone());
                Outcome::Found(finding)
            }
            Err(error) => fail(error),
        }
    }
}

/// An address that is not in the file. The file has scanners only: it does not say whether the address belongs to a
/// business service, so there is no `riot`.
static UNSEEN: LazyLock<Fields> = LazyLock::new(|| {
    let fields = ["noise", "observed"];
    fields
        .into_iter()
        .map(|name| (name, false.into()))
        .collect()
});

fn section(record: Value) -> Map<String, Value> {
    let record = match record {
        Value::Object(record) => record,
        // A model with nothing but a word for each address.
        Value::String(word) => Map::from_iter([("classification".to_owned(), word.into())]),
        _ => Map::new(),
    };
    let seen = record.get("seen").or_else(|| record.get("found"));
    let noise = seen.and_then(Value::as_bool).unwrap_or(true);
    let mut section = Map::new();
    section.insert("noise".to_owned(), noise.into());
    section.insert("observed".to_owned(), noise.into());
    if noise {
        copy(&record, RECORD, &mut section);
        if let Some(actor) = section.get("actor").cloned() {
            section.insert("name".to_owned(), actor);
        }
    }
    section
}

#[async_trait]
impl Provider for Psychic {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        self.version.clone()
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let mut decoded = HashMap::new();
        let ipv4 = addresses
            .iter()
            .filter(|address| address.is_ipv4())
            .map(|&address| self.find(address, &mut decoded))
            .collect();
        Answers {
            outcomes: with_ipv6_refused(addresses, ipv4),
            version: self.version.clone(),
        }
    }

    fn data_files(&self, count: bool) -> Vec<DataFile> {
        let metadata = self.reader.metadata();
        let records = count.then(|| self.records()).flatten();
        let mut fields = vec!["noise".to_owned(), "observed".to_owned(), "name".to_owned()];
        fields.extend(RECORD.iter().map(|&field| field.to_owned()));
        vec![DataFile {
            provider: NAME,
            path: self.path.clone(),
            edition: metadata.database_type.clone(),
            built_at: i64::try_from(metadata.build_epoch)
                .ok()
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            records,
            ip_version: metadata.ip_version,
            fields,
        }]
    }
}
