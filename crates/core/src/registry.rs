//! Plugins that are linked into this program.
//!
//! A plugin crate submits a factory with `inventory::submit!`; a crate that is never mentioned is not linked, so the
//! program (or test) must say `use the_crate as _;`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::Schema;

use crate::field::FieldSource;
use crate::near_miss::suggestion;
use crate::old_keys::OldKey;
use crate::provider::Provider;
use crate::provider_name::ProviderName;
use crate::resource_error::ResourceError;
use crate::settings::{Settings, SettingsError};
use crate::store::{OpenMode, Store, StoreError, StoreUrl};

/// How a provider is described and built.
pub struct ProviderFactory {
    /// Its name.
    pub name: ProviderName,
    /// One line for `ipcascade providers`.
    pub description: &'static str,
    /// A sample of its configuration table, complete with `[providers.<name>]`.
    pub example: &'static str,
    /// Returns the JSON Schema of that table, see [`settings_schema`](crate::settings_schema).
    pub schema: fn() -> Schema,
    /// Its keys as they were in earlier versions.
    pub old_keys: &'static [OldKey],
    /// Whether asking it sends packets (some providers have offline modes too).
    pub online: bool,
    /// Whether settings keep it offline; `None` if no setting does.
    pub offline_when: Option<fn(&Settings) -> bool>,
    /// Whether it knows something about ASNs [themselves](Provider::describe_asn).
    pub describes_asns: bool,
    /// Which keys of its sections hold the normalised fields, for reading stored documents.
    pub fields: &'static [FieldSource],
    /// The fields that its settings add to these; `None` if no setting does.
    pub configured_fields: Option<ConfiguredFields>,
    /// Builds it from its settings; all checking of settings happens here.
    pub build: fn(&Settings) -> Result<ProviderSetup, BuildError>,
}

/// Which keys of sections hold the fields that settings name.
pub type ConfiguredFields = fn(&Settings) -> Result<Vec<FieldSource>, SettingsError>;

inventory::collect!(ProviderFactory);

impl ProviderFactory {
    /// A base for factories: an offline provider without settings and fields, which cannot be built.
    pub const BASE: Self = Self {
        name: ProviderName::new(""),
        description: "",
        example: "",
        schema: Schema::default,
        old_keys: &[],
        online: false,
        offline_when: None,
        describes_asns: false,
        fields: &[],
        configured_fields: None,
        build: |_| Ok(ProviderSetup::Unconfigured("it has no `build`".to_owned())),
    };

    /// Whether asking it sends packets with these settings.
    pub fn goes_online(&self, settings: &Settings) -> bool {
        self.online
            && !self
                .offline_when
                .is_some_and(|is_offline| is_offline(settings))
    }

    /// Which keys of its sections hold the normalised fields, including those that `settings` add.
    ///
    /// # Errors
    ///
    /// If a setting is wrong.
    pub fn fields_with(
        &self,
        settings: &Settings,
    ) -> Result<Cow<'static, [FieldSource]>, SettingsError> {
        let Some(configured) = self.configured_fields else {
            return Ok(self.fields.into());
        };
        let mut fields = self.fields.to_vec();
        for source in configured(settings)? {
            if fields.iter().all(|known| known.field != source.field) {
                fields.push(source);
            }
        }
        Ok(fields.into())
    }
}

/// The result of building a provider.
#[derive(Debug)]
pub enum ProviderSetup {
    /// It can be asked.
    Ready(Arc<dyn Provider>),
    /// Its settings are valid but leave it nothing to work with (no file named, no key set); the text says what to set.
    /// A default cascade skips it, a cascade that names it fails.
    Unconfigured(String),
}

/// A provider that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file or program that it needs cannot be used.
    #[error(transparent)]
    Resource(#[from] ResourceError),
}

/// How a kind of store is described and opened.
pub struct StoreFactory {
    /// A short name, such as `sqlite`.
    pub name: &'static str,
    /// The URL schemes that it handles, without `://`.
    pub schemes: &'static [&'static str],
    /// One line for people.
    pub description: &'static str,
    /// Returns the JSON Schema of the table `[store]` for it, see [`settings_schema`](crate::settings_schema).
    pub schema: fn() -> Schema,
    /// Its keys as they were in earlier versions.
    pub old_keys: &'static [OldKey],
    /// Opens it.
    pub opener: &'static dyn OpenStore,
}

inventory::collect!(StoreFactory);

/// Opens a store of one kind.
#[async_trait]
pub trait OpenStore: Send + Sync {
    /// Checks whether it can open `url` with the settings of `[store]`, as far as possible without opening it.
    ///
    /// # Errors
    ///
    /// If a part of the URL is invalid, which the error calls `store.url`, or a setting is.
    fn check(&self, url: &StoreUrl, settings: &Settings) -> Result<(), SettingsError>;

    /// Opens the store at `url` with the settings of `[store]`.
    ///
    /// # Errors
    ///
    /// If it does not exist, cannot be reached, or is not what `mode` needs.
    async fn open(
        &self,
        url: &StoreUrl,
        settings: &Settings,
        mode: OpenMode,
    ) -> Result<Arc<dyn Store>, StoreError>;
}

/// Two plugins with one name, or no plugin with a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two linked crates claim the same name.
    #[error("two {kind}s named `{name}` are linked into this program")]
    Duplicate {
        /// `provider` or `store`.
        kind: &'static str,
        /// The name that both have.
        name: String,
    },
    /// Nothing linked has the name.
    #[error(
        "unknown {kind} `{name}`: {}",
        suggestion(name, linked, "this program has")
    )]
    Unknown {
        /// `provider`, or `scheme of a store`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The names that are linked.
        linked: Vec<&'static str>,
    },
}

/// All linked plugins, by name.
#[derive(Clone)]
pub struct Registry {
    providers: BTreeMap<&'static str, &'static ProviderFactory>,
    stores: BTreeMap<&'static str, &'static StoreFactory>,
}

impl Registry {
    /// The plugins that the linked crates have submitted.
    ///
    /// # Errors
    ///
    /// If two plugins of a kind share a name or URL scheme.
    pub fn linked() -> Result<Self, RegistryError> {
        Self::new(
            inventory::iter::<ProviderFactory>,
            inventory::iter::<StoreFactory>,
        )
    }

    /// A registry of the given factories.
    ///
    /// # Errors
    ///
    /// If two plugins of a kind share a name or URL scheme.
    pub fn new(
        providers: impl IntoIterator<Item = &'static ProviderFactory>,
        stores: impl IntoIterator<Item = &'static StoreFactory>,
    ) -> Result<Self, RegistryError> {
        let mut registry = Self {
            providers: BTreeMap::new(),
            stores: BTreeMap::new(),
        };
        for factory in providers {
            let name = factory.name.as_str();
            if registry.providers.insert(name, factory).is_some() {
                return Err(RegistryError::Duplicate {
                    kind: "provider",
                    name: name.to_owned(),
                });
            }
        }
        for factory in stores {
            for &scheme in factory.schemes {
                if registry.stores.insert(scheme, factory).is_some() {
                    let name = scheme.to_owned();
                    return Err(RegistryError::Duplicate {
                        kind: "store",
                        name,
                    });
                }
            }
        }
        Ok(registry)
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &'static ProviderFactory> + '_ {
        self.providers.values().copied()
    }

    /// The provider called `name`.
    ///
    /// # Errors
    ///
    /// If no such provider is linked; the error lists those that are.
    pub fn provider(&self, name: &str) -> Result<&'static ProviderFactory, RegistryError> {
        self.providers
            .get(name)
            .copied()
            .ok_or_else(|| RegistryError::Unknown {
                kind: "provider",
                name: name.to_owned(),
                linked: self.providers.keys().copied().collect(),
            })
    }

    /// All kinds of stores, by name.
    pub fn stores(&self) -> impl Iterator<Item = &'static StoreFactory> {
        let by_name = self.stores.values().map(|&factory| (factory.name, factory));
        by_name.collect::<BTreeMap<_, _>>().into_values()
    }

    /// The store for the scheme of `url`.
    ///
    /// # Errors
    ///
    /// If no store has that scheme; the error lists the linked schemes.
    pub fn store(&self, url: &StoreUrl) -> Result<&'static StoreFactory, RegistryError> {
        self.stores
            .get(url.scheme())
            .copied()
            .ok_or_else(|| RegistryError::Unknown {
                kind: "scheme of a store",
                name: url.scheme().to_owned(),
                linked: self.stores.keys().copied().collect(),
            })
    }
}
