//! The provider, and how it is built.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::Answers;
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::{Settings, SettingsError};
use ipnet::IpNet;

use crate::config::Config;
use crate::database::Database;
use crate::declaration::NAME;
use crate::fields::FIELDS;
use crate::layout::SectionLayout;
use crate::replaced_files::Watch;

/// The fields that the settings add.
pub(crate) fn configured_fields(settings: &Settings) -> Result<Vec<FieldSource>, SettingsError> {
    Ok(Config::read(settings)?.own_fields())
}

/// Builds the provider from its settings, `[providers.maxmind]`.
///
/// # Errors
///
/// When a setting is wrong, or a file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config = Config::read(settings)?;
    if config.files.is_empty() {
        let hint = format!("set `{}` or use --mmdb FILE", settings.key("files"));
        return Ok(ProviderSetup::Unconfigured(hint));
    }
    let provider = MaxMind::open(config)?;
    Ok(ProviderSetup::Ready(Arc::new(provider)))
}

struct MaxMind {
    capabilities: Capabilities,
    layout: SectionLayout,
    watch: Watch,
}

impl MaxMind {
    fn open(config: Config) -> Result<Self, BuildError> {
        let mut fields: Vec<Field> = FIELDS.iter().map(|source| source.field).collect();
        for own in config.own_fields() {
            if !fields.contains(&own.field) {
                fields.push(own.field);
            }
        }
        let capabilities =
            Capabilities::offline(NAME, fields).lasting(config.ttl, config.not_found_ttl);
        let layout = SectionLayout::new(&config.language, &config.fields);
        let watch = Watch::new(config)?;
        let provider = Self {
            capabilities,
            layout,
            watch,
        };
        provider.warn_of_unknown_layouts();
        Ok(provider)
    }

    fn warn_of_unknown_layouts(&self) {
        for file in self.watch.loaded().files() {
            if file.survey(&self.layout, false).fields.is_empty() {
                tracing::warn!(
                    "no field that is known was seen in the first records of `{}` ({}): name the \
                     fields in [providers.maxmind.fields]",
                    file.path().display(),
                    file.edition()
                );
            }
        }
    }
}

impl fmt::Debug for MaxMind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaxMind")
            .field("files", &self.watch.loaded().files())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for MaxMind {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn data_version(&self) -> Option<DataVersion> {
        Some(self.watch.snapshot().version().clone())
    }

    fn find_prefixes(&self, asns: &[Asn], found: &mut dyn FnMut(Asn, IpNet)) -> bool {
        let mut have_origins = false;
        for file in self.watch.snapshot().files() {
            have_origins |= file.find_prefixes(&self.layout, asns, found);
        }
        have_origins
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let snapshot = self.watch.snapshot();
        Answers {
            outcomes: snapshot.look_up(addresses, &self.layout),
            version: Some(snapshot.version().clone()),
        }
    }

    fn data_files(&self, count: bool) -> Vec<DataFile> {
        let snapshot = self.watch.snapshot();
        let describe = |file: &Arc<Database>| {
            let survey = file.survey(&self.layout, count);
            DataFile {
                provider: NAME,
                path: file.path().display().to_string(),
                edition: file.edition().to_owned(),
                built_at: file.built_at(),
                records: survey.records,
                ip_version: file.ip_version(),
                fields: survey.fields,
            }
        };
        snapshot.files().iter().map(describe).collect()
    }
}
