//! The objects that commands work with, built from the configuration.

use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::registry::Registry;

use crate::config::Config;
use crate::output::Output;

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
}
