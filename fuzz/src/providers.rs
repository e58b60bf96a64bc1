//! Providers over a file that is fuzzed.

use std::sync::Arc;

use futures::executor::block_on;
use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use serde_json::Value;

use crate::file::InFile;

/// How a provider is built.
type Build = fn(&Settings) -> Result<ProviderSetup, BuildError>;

/// A provider that is built over the file of each input.
pub struct Built {
    file: InFile,
    settings: Settings,
    build: Build,
}

impl Built {
    /// The provider with these settings, in which `FILE` stands for the path of the file.
    pub fn new(name: &str, settings: &str, build: Build) -> Self {
        let file = InFile::new(name);
        let path = file.path().display().to_string();
        Self {
            settings: Settings::from_toml("providers.fuzzed", &settings.replace("FILE", &path)),
            file,
            build,
        }
    }

    /// The provider over a file with this content; `None` if it is refused.
    pub fn over(&self, content: &[u8]) -> Option<Arc<dyn Provider>> {
        self.file.write(content);
        match (self.build)(&self.settings) {
            Ok(ProviderSetup::Ready(provider)) => Some(provider),
            Ok(_) => panic!("a file is set"),
            Err(BuildError::Resource(error)) => {
                let message = error.to_string();
                let path = self.file.path().display().to_string();
                assert!(message.contains(&path), "the file is named: {message}");
                None
            }
            Err(error) => panic!("the settings are right: {error}"),
        }
    }
}

/// Looks up `addresses`, and checks the answers on their own.
pub fn look_up(provider: &dyn Provider, addresses: &[Address]) -> Vec<Outcome> {
    let answers = block_on(provider.look_up(addresses));
    assert_eq!(answers.outcomes.len(), addresses.len());
    for (address, outcome) in addresses.iter().zip(&answers.outcomes) {
        check_outcome(*address, outcome);
    }
    answers.outcomes
}

/// Checks what holds for every outcome: fields are JSON, and the prefix contains the address.
pub fn check_outcome(address: Address, outcome: &Outcome) {
    if let Outcome::Found(finding) = outcome {
        let json = format!("{{{}}}", finding.fields.json());
        let read: Value = serde_json::from_str(&json).expect("fields are JSON");
        assert_eq!(read, Value::Object(finding.fields.to_map()), "{json}");
        if let Some(prefix) = finding.prefix {
            assert!(prefix.contains(&address.ip()), "{prefix} {address}");
            assert_eq!(prefix, prefix.trunc());
        }
    }
}
