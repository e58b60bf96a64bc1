//! A folder with files, and a provider over lists of them.

use std::path::PathBuf;
use std::sync::Arc;

use ipcascade_core::lookup::{Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_provider_lists::build;
use serde_json::Value;

/// A folder with files, and providers over lists of them.
pub(crate) struct Bench(tempfile::TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn settings(&self, lists: &str) -> Settings {
        let lists = lists.replace("FOLDER", &self.0.path().display().to_string());
        Settings::from_toml("providers.lists", &lists)
    }

    pub(crate) fn build(&self, lists: &str) -> Result<Arc<dyn Provider>, String> {
        match build(&self.settings(lists)) {
            Ok(ProviderSetup::Ready(provider)) => Ok(provider),
            Ok(ProviderSetup::Unconfigured(what)) => panic!("{what}"),
            Err(BuildError::Resource(error)) => Err(error.to_string()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The list `l` over one file with this content.
    pub(crate) fn one(
        &self,
        name: &str,
        content: impl AsRef<[u8]>,
        keys: &str,
    ) -> Result<Arc<dyn Provider>, String> {
        self.write(name, content);
        self.build(&format!(
            "[[list]]\nname = \"l\"\nfiles = [\"FOLDER/{name}\"]\n{keys}"
        ))
    }
}

pub(crate) async fn find(provider: &dyn Provider, address: &str) -> Option<Finding> {
    let answers = provider.look_up(&[address.parse().unwrap()]).await;
    match answers.outcomes.into_iter().next().unwrap() {
        Outcome::Found(finding) => Some(finding),
        Outcome::NotFound => None,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn section(provider: &dyn Provider, address: &str) -> Value {
    let finding = find(provider, address).await;
    finding.map_or(Value::Null, |finding| finding.fields.to_map().into())
}
