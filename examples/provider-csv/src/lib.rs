//! A provider of labels from a CSV file with the columns `prefix,label`; the longest prefix wins.
//!
//! The section has `label` and the prefix that it is for. The file is read when the provider is built, and its time of
//! writing and size are the version of the data. A file that cannot be read, or a row that is not a prefix and a label, is
//! an error that names the file and the key `providers.csv.file`.
use std::{collections::HashMap, error::Error, path::Path, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{Answers, Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::resource_error::ResourceError;
use ipcascade_core::settings::Settings;
use ipcascade_core::settings_schema;
use ipnet::IpNet;

/// Registers the provider with the program.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: ProviderName::new("csv"),
    description: "labels of networks from a CSV file",
    example: "[providers.csv]\nfile = \"labels.csv\"\n",
    schema: settings_schema::of::<Config>,
    fields: &[FieldSource::same(Field::new("label"))],
    build,
    ..ProviderFactory::BASE
};
ipcascade_core::inventory::submit! { FACTORY }

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// A CSV file with the columns `prefix,label`.
    file: Option<PathBuf>,
}

#[derive(Debug)]
struct Labels {
    capabilities: Capabilities,
    version: DataVersion,
    by_prefix: HashMap<IpNet, Fields>,
}

fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let Some(file) = settings.extract::<Config>()?.file else {
        let key = settings.key("file");
        return Ok(ProviderSetup::Unconfigured(format!(
            "set `{key}` to a CSV file"
        )));
    };
    let path = settings.resolve(&file);
    let labels = read(&path).map_err(|error| {
        let remedy = format!("name a CSV file in `{}`", settings.key("file"));
        ResourceError::file(&path, error.to_string(), remedy)
    })?;
    Ok(ProviderSetup::Ready(Arc::new(labels)))
}

fn read(path: &Path) -> Result<Labels, Box<dyn Error>> {
    let metadata = std::fs::metadata(path)?;
    let mut by_prefix = HashMap::new();
    for row in csv::Reader::from_path(path)?.deserialize() {
        let (prefix, label): (IpNet, String) = row?;
        let fields = Fields::from_iter([("label", label.into())]);
        by_prefix.insert(prefix.trunc(), fields);
    }
    Ok(Labels {
        capabilities: Capabilities::offline(FACTORY.name, vec![Field::new("label")]),
        version: DataVersion::new(metadata.modified()?.into(), &metadata.len().to_string()),
        by_prefix,
    })
}

#[async_trait]
impl Provider for Labels {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        Some(self.version.clone())
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let find = |&address: &Address| {
            let lengths = (0..=IpNet::from(address.ip()).max_prefix_len()).rev();
            let mut prefixes = lengths.filter_map(|length| IpNet::new(address.ip(), length).ok());
            prefixes.find_map(|net| {
                let fields = self.by_prefix.get(&net.trunc())?.clone();
                let prefix = Some(net.trunc());
                Some(Finding { fields, prefix })
            })
        };
        let outcome = |address| find(address).map_or(Outcome::NotFound, Outcome::Found);
        let outcomes = addresses.iter().map(outcome).collect();
        let version = self.data_version();
        Answers { outcomes, version }
    }
}
