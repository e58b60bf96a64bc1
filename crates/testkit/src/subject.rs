//! What the kit needs to know about the provider it checks.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{FailureClass, Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup, Registry};
use ipcascade_core::settings::Settings;
use serde_json::{Map, Value};

/// An address that the provider knows, and what it must return for it.
#[derive(Clone, Debug)]
pub struct Known {
    pub(crate) address: Address,
    pub(crate) fields: Map<String, Value>,
}

impl Known {
    /// The section must have at least `fields`, under the provider's own names.
    ///
    /// # Panics
    ///
    /// If `address` is not a valid address.
    pub fn new<K: Into<String>, V: Into<Value>>(
        address: &str,
        fields: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            address: parse(address),
            fields: fields
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        }
    }

    /// Whether no section can match both.
    fn excludes(&self, other: &Self) -> bool {
        let differs = |(key, value)| other.fields.get(key).is_some_and(|theirs| theirs != value);
        self.fields.iter().any(differs)
    }

    fn describes(&self, finding: &Finding) -> bool {
        let has = |(key, value): (&String, &Value)| finding.fields.get(key) == Some(value);
        self.fields.iter().all(has)
    }
}

/// Settings that cannot be used.
#[derive(Clone, Debug)]
pub struct WrongSettings {
    pub(crate) settings: String,
    pub(crate) key: String,
}

impl WrongSettings {
    /// The error about `settings` must name `key`, written as within the provider's table.
    pub fn new(settings: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            settings: settings.into(),
            key: key.into(),
        }
    }
}

/// Whether a failure has the class that a test expects.
pub type ExpectedClass = fn(&FailureClass) -> bool;

/// Settings with which every look-up of an address fails.
#[derive(Clone, Debug)]
pub struct Failing {
    pub(crate) settings: String,
    pub(crate) address: Address,
    pub(crate) expected: ExpectedClass,
}

impl Failing {
    /// Asking about `address` with `settings` must fail in a way that `expected` accepts.
    ///
    /// # Panics
    ///
    /// If `address` is not a valid address.
    pub fn new(settings: impl Into<String>, address: &str, expected: ExpectedClass) -> Self {
        Self {
            settings: settings.into(),
            address: parse(address),
            expected,
        }
    }
}

/// Returns what a service was asked about so far.
pub(crate) type Hears = Box<dyn Fn() -> Vec<String> + Send + Sync>;

/// A provider, with all that the kit needs to know to check it.
pub struct Subject {
    pub(crate) factory: &'static ProviderFactory,
    pub(crate) settings: String,
    pub(crate) known: Vec<Known>,
    pub(crate) unknown: Vec<Address>,
    knows_all: bool,
    pub(crate) secrets: Vec<String>,
    pub(crate) wrong_settings: Vec<WrongSettings>,
    pub(crate) failing: Vec<Failing>,
    pub(crate) hears: Option<Hears>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.factory.name)
            .field("kept", &self.kept.len())
            .finish_non_exhaustive()
    }
}

impl Subject {
    /// The provider of `factory` with working `settings`, the TOML text of its table.
    pub fn new(factory: &'static ProviderFactory, settings: impl Into<String>) -> Self {
        Self {
            factory,
            settings: settings.into(),
            known: Vec::new(),
            unknown: Vec::new(),
            knows_all: false,
            secrets: Vec::new(),
            wrong_settings: Vec::new(),
            failing: Vec::new(),
            hears: None,
            kept: Vec::new(),
        }
    }

    /// The provider called `name` that a crate of the test has registered, like [`new`](Self::new).
    /// The test must mention the crate: `use the_crate as _;`.
    ///
    /// # Panics
    ///
    /// If no provider of that name is linked.
    pub fn linked(name: &str, settings: impl Into<String>) -> Self {
        let factory = Registry::linked().and_then(|registry| registry.provider(name));
        match factory {
            Ok(factory) => Self::new(factory, settings),
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds a global address that the provider knows. At least two are needed, with different
    /// fields, and one of them IPv6 if the provider takes IPv6.
    #[must_use]
    pub fn known(mut self, known: Known) -> Self {
        self.known.push(known);
        self
    }

    /// Adds a global address that the provider does not know. At least one is needed, unless the provider [knows
    /// all](Self::knows_all).
    ///
    /// # Panics
    ///
    /// If `address` is not a valid address.
    #[must_use]
    pub fn unknown(mut self, address: &str) -> Self {
        self.unknown.push(parse(address));
        self
    }

    /// Declares that the provider has a section for every address.
    #[must_use]
    pub const fn knows_all(mut self) -> Self {
        self.knows_all = true;
        self
    }

    /// Adds a text from the settings that must never be shown.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Adds an example of settings that cannot be used. At least one is needed.
    #[must_use]
    pub fn wrong_settings(mut self, wrong: WrongSettings) -> Self {
        self.wrong_settings.push(wrong);
        self
    }

    /// Adds an example of failure. An online provider needs at least one.
    #[must_use]
    pub fn failing(mut self, failing: Failing) -> Self {
        self.failing.push(failing);
        self
    }

    /// Returns the provider's outcome for `address`.
    ///
    /// # Panics
    ///
    /// If `address` is not a valid address, the provider cannot be built, or it does not answer exactly once.
    pub async fn outcome(&self, address: &str) -> Outcome {
        let answers = self.build().look_up(&[parse(address)]).await;
        match <[Outcome; 1]>::try_from(answers.outcomes) {
            Ok([outcome]) => outcome,
            Err(outcomes) => panic!("not one outcome for one address: {outcomes:?}"),
        }
    }

    /// Sets how to find out what the service in the settings was asked about so far: addresses as text, or other text
    /// for other questions. An online provider needs it.
    #[must_use]
    pub fn hears(mut self, hears: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        self.hears = Some(Box::new(hears));
        self
    }

    /// Keeps something that the provider works with (a temporary folder, a server) as long as the subject.
    #[must_use]
    pub fn keep(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    pub(crate) fn settings(&self, text: &str) -> Settings {
        Settings::from_toml(&format!("providers.{}", self.factory.name), text)
    }

    pub(crate) fn try_build(&self, settings: &str) -> Result<ProviderSetup, BuildError> {
        (self.factory.build)(&self.settings(settings))
    }

    pub(crate) fn build_with(&self, settings: &str) -> Arc<dyn Provider> {
        match self.try_build(settings) {
            Ok(ProviderSetup::Ready(provider)) => provider,
            Ok(ProviderSetup::Unconfigured(missing)) => {
                panic!("settings leave it unconfigured: {missing}")
            }
            Err(error) => panic!("it cannot be built: {error}"),
        }
    }

    pub(crate) fn build(&self) -> Arc<dyn Provider> {
        self.build_with(&self.settings)
    }

    /// All known and unknown addresses, mixed.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        assert!(
            self.known
                .iter()
                .any(|one| self.known.iter().any(|other| one.excludes(other))),
            "describe two known addresses of which a field differs: answers in the wrong order \
             would not be noticed"
        );
        assert!(
            self.knows_all || !self.unknown.is_empty(),
            "describe an unknown address"
        );
        let mut unknown = self.unknown.iter().copied();
        let mut mixed = Vec::new();
        for known in &self.known {
            mixed.push(known.address);
            mixed.extend(unknown.next());
        }
        mixed.extend(unknown);
        mixed
    }

    /// Panics unless `outcome` is right for `address`.
    pub(crate) fn check_outcome(&self, address: Address, outcome: &Outcome) {
        let known = self.known.iter().find(|known| known.address == address);
        match (known, outcome) {
            (Some(known), Outcome::Found(finding)) => {
                assert!(
                    known.describes(finding),
                    "{address}: expected {:?}, found {:?}",
                    known.fields,
                    finding.fields
                );
                if let Some(prefix) = finding.prefix {
                    assert!(
                        prefix.contains(&address.ip()),
                        "{address} is not in the prefix {prefix} of its answer"
                    );
                }
            }
            (None, Outcome::NotFound) => {}
            (Some(_), other) => panic!("{address} is known, but the outcome is {other:?}"),
            (None, other) => panic!("{address} is unknown, but the outcome is {other:?}"),
        }
    }
}

fn parse(address: &str) -> Address {
    match address.parse() {
        Ok(address) => address,
        Err(error) => panic!("{error}"),
    }
}
