//! Configuration: one file, then the environment, then flags.

mod entry;
mod environment;
mod location;
mod redact;
mod sample;
mod schema;
mod show;

pub use environment::environment;
pub use location::{ConfigLocation, default_store, locate, user_config_file};
pub use sample::sample;
pub use schema::{CascadeConfig, StepConfig};
pub(crate) use schema::{PRIVATE, never_online};
pub use show::{Setting, settings};

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Toml};
use ipcascade_core::home::expand_home;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::StoreUrl;

use crate::report::CliError;
use entry::ConfigEntry;
use schema::Schema;
use show::origin;

/// What flags say about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`: this file and no other.
    pub file: Option<PathBuf>,
    /// `--db`
    pub store_url: Option<String>,
    /// `--mmdb`
    pub mmdb: Vec<PathBuf>,
    /// `--offline`, `--online`
    pub reach: Option<Reach>,
}

/// Which providers may be asked that go online: none learns of an address unless the user wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nobody,
    /// Those that the cascade of the configuration names.
    #[default]
    Named,
    /// Those, and where no cascade is configured, the usual ones.
    Usual,
}

/// The merged configuration, checked as far as it is the program's own. What is in the tables of
/// providers and stores is theirs to check.
#[derive(Debug)]
pub struct Config {
    figment: Figment,
    location: ConfigLocation,
    schema: Schema,
    reach: Reach,
}

impl Config {
    /// Reads and merges everything there is.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, a key is unknown, or a value is not what is expected.
    pub fn load(overrides: &Overrides, registry: &Registry) -> Result<Self, CliError> {
        let location = locate(overrides.file.as_deref())?;
        let variables = std::env::vars_os();
        Self::merge(location, environment(variables), overrides, registry)
    }

    fn merge(
        location: ConfigLocation,
        environment: Vec<ConfigEntry>,
        overrides: &Overrides,
        registry: &Registry,
    ) -> Result<Self, CliError> {
        let mut figment = Figment::new();
        if let Some(url) = default_store() {
            figment = figment.merge(ConfigEntry::new("default", "store.url", url));
        }
        if let Some(file) = location.file() {
            figment = figment.merge(Toml::file_exact(file));
        }
        for entry in environment {
            figment = figment.merge(entry);
        }
        if let Some(url) = &overrides.store_url {
            figment = figment.merge(ConfigEntry::new("the flag --db", "store.url", url.clone()));
        }
        if !overrides.mmdb.is_empty() {
            registry.provider("maxmind")?;
            let files = absolute(&overrides.mmdb)?;
            figment = figment.merge(ConfigEntry::new(
                "the flag --mmdb",
                "providers.maxmind.files",
                files,
            ));
        }
        let schema = Schema::extract(&figment, registry)?;
        let configured = match schema.offline {
            true => Reach::Nobody,
            false => Reach::Named,
        };
        Ok(Self {
            reach: match (overrides.reach, configured) {
                (Some(Reach::Usual), Reach::Nobody) => {
                    let origin = origin(&figment, "offline");
                    let text = format!("--online contradicts `offline = true` (set in {origin})");
                    return Err(CliError::usage(text));
                }
                (asked, configured) => asked.unwrap_or(configured),
            },
            figment,
            location,
            schema,
        })
    }

    /// Which file was read, and which were looked for.
    pub const fn location(&self) -> &ConfigLocation {
        &self.location
    }

    /// Which providers may be asked that go online.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// The cascade as configured.
    pub const fn cascade(&self) -> &CascadeConfig {
        &self.schema.cascade
    }

    /// What inputs are read without.
    /// Files are seen from the folder of the configuration file.
    pub fn excluded_inputs(&self) -> Vec<String> {
        let entries = self.schema.input.exclude.iter();
        let seen = entries.map(|entry| {
            let file = self.base().join(entry);
            match file.is_file() {
                true => file.display().to_string(),
                false => entry.clone(),
            }
        });
        seen.collect()
    }

    /// Where the inventory is.
    ///
    /// # Errors
    ///
    /// When the URL is none, or none is given and there is no place for a default.
    pub fn store_url(&self) -> Result<StoreUrl, CliError> {
        let Some(url) = &self.schema.store.url else {
            return Err(CliError::usage(
                "no store is named and there is no home directory for one",
            )
            .hint("name one with --db URL, or `url` in the table [store]"));
        };
        url.parse()
            .map_err(|error: ipcascade_core::store::ParseUrlError| {
                let origin = origin(&self.figment, "store.url");
                CliError::usage(format!("`store.url` (set in {origin}) is {error}"))
            })
    }

    /// Whether the store is the default one: nobody has named any.
    pub fn store_is_default(&self) -> bool {
        origin(&self.figment, "store.url") == "default"
    }

    /// What is set for the store, its URL included.
    pub fn store_settings(&self) -> Settings {
        Settings::new(&self.figment, "store", self.base())
    }

    /// What is set for the provider called `name`.
    pub fn provider_settings(&self, name: &str) -> Settings {
        Settings::new(&self.figment, &format!("providers.{name}"), self.base()).without(PRIVATE)
    }

    /// Whether the provider called `name` is to be asked for addresses that are not global as well.
    pub fn is_private(&self, name: &str) -> bool {
        self.schema.is_private(name)
    }

    /// Whether anything is set for the provider called `name`.
    pub fn mentions_provider(&self, name: &str) -> bool {
        self.schema.providers.contains_key(name)
    }

    /// A warning if the file holds secrets and others than its owner may read it.
    pub fn exposed_secrets(&self) -> Option<String> {
        let file = self.location.file()?;
        let keys = show::secrets_in(&self.figment, file);
        if keys.is_empty() || !others_may_read(file) {
            return None;
        }
        Some(format!(
            "others may read `{}`, which holds `{}`: `chmod 600` keeps it private",
            file.display(),
            keys.join("`, `")
        ))
    }

    fn base(&self) -> &Path {
        self.location.folder()
    }
}

#[cfg(unix)]
fn others_may_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_file: &Path) -> bool {
    false
}

/// The paths as seen from the working directory, whatever folder the configuration file is in.
fn absolute(paths: &[PathBuf]) -> Result<Vec<String>, CliError> {
    paths
        .iter()
        .map(|path| {
            let absolute = std::path::absolute(expand_home(path)).map_err(|error| {
                CliError::usage(format!("`{}` is no path", path.display())).caused_by(error)
            })?;
            Ok(absolute.display().to_string())
        })
        .collect()
}

impl From<figment::Error> for CliError {
    fn from(error: figment::Error) -> Self {
        SettingsError::from_figment("", error).into()
    }
}
