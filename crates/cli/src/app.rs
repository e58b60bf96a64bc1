//! The objects that commands work with, built from the configuration.

mod announcement;
mod cascade;
mod online;
mod store;

pub use cascade::{BuiltProvider, CascadePlan, ProviderStatus, SkippedProvider};
pub use online::{Effort, Online, StateStore};

use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::policy::Policy;
use ipcascade_core::registry::Registry;

use crate::config::Config;
use crate::output::Output;
use crate::report::CliError;

/// The configuration, the clock, the linked plugins and the output: everything that a command
/// needs to build what it works on.
#[derive(Debug)]
pub struct App<'a> {
    config: Config,
    registry: RegistryHandle,
    clock: Clock,
    output: &'a Output,
}

/// A registry with `Debug`.
struct RegistryHandle(Registry);

impl std::fmt::Debug for RegistryHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.providers().map(|factory| factory.name))
            .finish()
    }
}

impl<'a> App<'a> {
    /// Everything that commands need.
    pub const fn new(config: Config, registry: Registry, clock: Clock, output: &'a Output) -> Self {
        Self {
            config,
            registry: RegistryHandle(registry),
            clock,
            output,
        }
    }

    /// The merged configuration.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The linked providers and stores.
    pub const fn registry(&self) -> &Registry {
        &self.registry.0
    }

    /// The clock.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The program's output.
    pub const fn output(&self) -> &'a Output {
        self.output
    }

    /// Which source wins: the providers of the steps in order, then the other linked ones, so that sections left behind
    /// by other configurations are read as well.
    ///
    /// # Errors
    ///
    /// If the cascade names a provider that does not exist.
    pub fn policy(&self) -> Result<Policy, CliError> {
        cascade::policy(self)
    }

    /// The same, with what offline providers know about ASes themselves, for operations on stored sections alone.
    ///
    /// # Errors
    ///
    /// If the cascade names a provider that does not exist.
    pub fn informed_policy(&self) -> Result<Policy, CliError> {
        cascade::informed_policy(self)
    }

    /// The configured cascade, with each of its providers ready to be asked.
    ///
    /// # Errors
    ///
    /// If a provider's settings are wrong, or one that the configuration names has nothing to work with.
    pub fn cascade(&self) -> Result<CascadePlan, CliError> {
        cascade::plan(self)
    }

    /// Every linked provider, with the result of building it.
    pub fn providers(&self) -> Vec<BuiltProvider> {
        cascade::all(self)
    }
}
