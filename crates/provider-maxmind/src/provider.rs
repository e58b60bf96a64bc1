//! The provider, and how it is built.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::inventory;
use ipcascade_core::lookup::Answers;
use ipcascade_core::provider::{DataFile, Provider};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::settings::{Settings, SettingsError};

use crate::database::Database;
use crate::fields::FIELD_SOURCES;
use crate::layout::SectionLayout;
use crate::settings::Config;
use crate::watch::Watch;

const NAME: ProviderName = ProviderName::new("maxmind");

const EXAMPLE: &str = r#"[providers.maxmind]
# MMDB files, in order of preference; relative to this file. --mmdb FILE on the command line.
files = ["GeoLite2-ASN.mmdb", "GeoLite2-City.mmdb"]
# Language of place names, where the files have it; English otherwise.
language = "en"
# Look for replaced files while running, at most once in so many seconds.
reload = true
reload_seconds = 1
# Map the files instead of reading them into memory. Safe only if the files are always replaced by
# renaming: a file that is written over in place while mapped ends the program.
mmap = false
# Look up addresses that are not global as well (private, shared, link-local, ...), in files of your own that say
# something of them. They stay marked as not global, and count for no AS. Offline providers only.
# private = true
# Answers last until a file with a newer build; these make them last no longer than so many days.
# ttl_days = 90
# not_found_ttl_days = 30

# More fields: our name = "path.in.record" ("." is the record itself). Tried before what is recognised without it.
# The names can be used in `if_missing` and `prefer`, and are merged and listed as the others are.
# [providers.maxmind.fields]
# threat = "security.threat_level"
"#;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "MMDB files on this machine: GeoLite2, GeoIP2, DB-IP, IPinfo, ip-location-db, iplocate and others",
    example: EXAMPLE,
    online: false,
    offline_when: None,
    describes_asns: false,
    fields: FIELD_SOURCES,
    configured_fields: Some(configured_fields),
    build,
};

inventory::submit! { FACTORY }

fn configured_fields(settings: &Settings) -> Result<Vec<FieldSource>, SettingsError> {
    Ok(Config::read(settings)?.own_fields())
}

fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config = Config::read(settings)?;
    if config.files.is_empty() {
        let hint = format!("set {} or use --mmdb FILE", settings.key("files"));
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
        let mut fields: Vec<Field> = FIELD_SOURCES.iter().map(|source| source.field).collect();
        for own in config.own_fields() {
            if !fields.contains(&own.field) {
                fields.push(own.field);
            }
        }
        let capabilities =
            Capabilities::offline(NAME, fields).lasting(config.ttl_days, config.not_found_ttl_days);
        let layout = SectionLayout::new(&config.language, &config.fields);
        let watch = Watch::new(config).map_err(|error| BuildError::Resource(error.to_string()))?;
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
