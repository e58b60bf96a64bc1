//! Configuration: one file, then the environment, then flags.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use figment::Figment;
use figment::value::Value;
use ipcascade_core::file_privacy::others_may_read;
use ipcascade_core::home::expand_home;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::{Settings, SettingsError, place_of};
use ipcascade_core::store::StoreUrl;
use ipcascade_input::{Exclude, Spelling};

use crate::config::entry::ConfigEntry;
use crate::config::environment::environment;
use crate::config::file::ConfigFile;
use crate::config::json_schema::json_schema;
use crate::config::leaves::origin;
use crate::config::location::{ConfigLocation, default_store, is_stream, locate};
use crate::config::schema::{CascadeConfig, PRIVATE, STORE_FILES, Schema};
use crate::config::secrets;
use crate::config::sources::Sources;
use crate::config::store_url::{self, StoreKeys};
use crate::config::tables::list_for_table;
use crate::report::CliError;

/// Configuration from flags.
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

/// Which online providers may be asked: none learns of an address unless the user wants it.
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

/// The merged configuration, of which the program's own keys are checked. The tables of providers and stores are
/// checked by these.
#[derive(Debug)]
pub struct Config {
    pub(super) figment: Figment,
    location: ConfigLocation,
    schema: Schema,
    reach: Reach,
    store_keys: StoreKeys,
    /// Read once: the file of it may be a pipe.
    store_url: OnceLock<StoreUrl>,
    warnings: Vec<String>,
}

impl Config {
    /// Reads and merges all sources.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, a key is unknown, or a value is not what is expected.
    pub fn load(overrides: &Overrides, registry: &Registry) -> Result<Self, CliError> {
        let location = locate(overrides.file.as_deref())?;
        let variables = std::env::vars_os();
        Self::merge(location, environment(variables)?, overrides, registry)
    }

    fn merge(
        location: ConfigLocation,
        environment: Vec<ConfigEntry>,
        overrides: &Overrides,
        registry: &Registry,
    ) -> Result<Self, CliError> {
        let mut sources = Sources::new(registry);
        if let Some(url) = default_store() {
            sources.merge(ConfigEntry::new(store_url::DEFAULT, store_url::URL, url))?;
        }
        if let Some(file) = location.file() {
            sources.merge(ConfigFile::read(file)?)?;
        }
        sources.merge_environment(environment)?;
        if let Some(url) = &overrides.store_url {
            sources.merge(ConfigEntry::new(
                "the flag --db",
                store_url::URL,
                url.clone(),
            ))?;
        }
        if !overrides.mmdb.is_empty() {
            registry.provider("maxmind")?;
            let files = absolute(&overrides.mmdb)?;
            let key = "providers.maxmind.files";
            sources.merge(ConfigEntry::new("the flag --mmdb", key, files))?;
        }
        let Sources {
            figment,
            mut warnings,
            ..
        } = sources;
        let values: Value = figment.extract()?;
        if let Some(key) = list_for_table(&values, &json_schema(registry)) {
            let origin = origin(&figment, &key);
            let error = SettingsError::new(key, "it is a list: expected a table");
            return Err(error.set_in(Some(origin)).into());
        }
        let schema = Schema::extract(&figment, registry)?;
        let store_keys = StoreKeys::of(&figment)?;
        warnings.extend(store_keys.unused_password(&figment));
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
            store_keys,
            store_url: OnceLock::new(),
            warnings,
        })
    }

    /// Which file was read, and which were looked for.
    pub const fn location(&self) -> &ConfigLocation {
        &self.location
    }

    /// Which online providers may be asked.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// The cascade as configured.
    pub const fn cascade(&self) -> &CascadeConfig {
        &self.schema.cascade
    }

    /// The exclusions of inputs. Files are relative to the folder of the configuration file.
    ///
    /// # Errors
    ///
    /// If one of them is neither a readable file nor something that can be excluded.
    pub fn excluded_inputs(&self) -> Result<Exclude, SettingsError> {
        let entries = self.schema.input.exclude.iter();
        let seen = entries.map(|entry| {
            let file = self.base().join(expand_home(Path::new(entry)));
            match file.is_file() {
                true => file.display().to_string(),
                false => entry.clone(),
            }
        });
        let entries: Vec<String> = seen.collect();
        // Flags are about inputs.
        Exclude::read(&entries, Spelling::default()).map_err(|error| {
            SettingsError::new("input.exclude", error).set_in(Some(self.place("input.exclude")))
        })
    }

    /// Where the inventory is.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, a file of it cannot be read, or none is set and there is no place for a default.
    pub fn store_url(&self) -> Result<StoreUrl, CliError> {
        if let Some(url) = self.store_url.get() {
            return Ok(url.clone());
        }
        let keys = self.store_keys;
        let Some(url) = keys.read(&self.schema.store, &self.figment, self.base())? else {
            return Err(CliError::usage(
                "no store is named and there is no home directory for one",
            )
            .hint("name one with --db URL, or `url` in the table [store]"));
        };
        Ok(self.store_url.get_or_init(|| url).clone())
    }

    /// What has set `key`, for messages.
    pub fn origin(&self, key: &str) -> String {
        origin(&self.figment, key)
    }

    /// The same, with line and column if it is a file.
    pub fn place(&self, key: &str) -> String {
        let metadata = self.figment.find_metadata(key);
        metadata.map_or_else(|| self.origin(key), |metadata| place_of(metadata, key))
    }

    /// Whether the store is the default one, because none is named.
    pub fn store_is_default(&self) -> bool {
        self.origin(self.store_url_key()) == store_url::DEFAULT
    }

    /// The key that the URL of the store comes from.
    pub const fn store_url_key(&self) -> &'static str {
        self.store_keys.url()
    }

    /// Whether `key` is another one for the URL of the store than the one that counts.
    pub(super) fn is_overridden(&self, key: &str) -> bool {
        store_url::URLS.contains(&key) && key != self.store_url_key()
    }

    /// The settings of the store, including its URL.
    pub fn store_settings(&self) -> Settings {
        let settings = Settings::new(&self.figment, "store", self.base());
        STORE_FILES.iter().fold(settings, |it, key| it.without(key))
    }

    /// The settings of the provider called `name`.
    pub fn provider_settings(&self, name: &str) -> Settings {
        Settings::new(&self.figment, &format!("providers.{name}"), self.base()).without(PRIVATE)
    }

    /// Whether the provider called `name` is also asked about addresses that are not global.
    pub fn is_private(&self, name: &str) -> bool {
        self.schema.is_private(name)
    }

    /// Whether the provider called `name` has any settings.
    pub fn mentions_provider(&self, name: &str) -> bool {
        self.schema.providers.contains_key(name)
    }

    /// Warnings of keys as they were in earlier versions, and of what is not used.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A warning if the file holds secrets and users other than its owner may read it.
    pub fn exposed_secrets(&self) -> Option<String> {
        let file = self.location.file()?;
        let keys = secrets::secrets_in(&self.figment, file);
        if keys.is_empty() || is_stream(file) || !others_may_read(file) {
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

/// The paths relative to the working directory, whatever folder the configuration file is in.
pub(crate) fn absolute(paths: &[PathBuf]) -> Result<Vec<String>, CliError> {
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
