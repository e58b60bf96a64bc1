//! What is built from the configuration: the cascade, and each linked provider.

use std::sync::Arc;

use ipcascade_core::cascade::Cascade;
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::registry::BuildError;

use crate::report::CliError;

/// The cascade, and the providers that are not in it.
#[derive(Clone, Debug)]
pub struct CascadePlan {
    /// The cascade.
    pub cascade: Cascade,
    /// Providers that were left out of it, in the order of their steps.
    pub left_out: Vec<SkippedProvider>,
}

impl CascadePlan {
    /// Refuses to continue if there is no provider to ask, and names what those lack that are configured.
    ///
    /// # Errors
    ///
    /// If the cascade is empty.
    pub fn check_not_empty(&self) -> Result<(), CliError> {
        if !self.cascade.steps().is_empty() {
            return Ok(());
        }
        let configured = self.left_out.iter().filter(|left| left.is_configured);
        let reasons = configured.map(|left| format!("{}: {}", left.provider, left.reason));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let text = match reasons.is_empty() {
            true => "no provider can be asked: none is configured".to_owned(),
            false => format!("no provider can be asked ({reasons})"),
        };
        Err(CliError::usage(text).hint(
            "name MMDB files with --mmdb FILE, or ask services with --online; `ipcascade providers` lists what each \
             provider needs",
        ))
    }
}

/// A provider that is not in the cascade.
#[derive(Clone, Debug)]
pub struct SkippedProvider {
    /// The provider.
    pub provider: ProviderName,
    /// The reason, and what to set.
    pub reason: String,
    /// Whether the configuration has settings for it, so that it may be expected to be asked.
    pub is_configured: bool,
}

/// A linked provider, with the result of building it.
#[derive(Debug)]
pub struct BuiltProvider {
    /// Its description.
    pub name: ProviderName,
    /// One line about it.
    pub description: &'static str,
    /// A sample of its settings.
    pub example: &'static str,
    /// Whether asking it sends packets, as configured.
    pub online: bool,
    /// Its position in the cascade, counted from 1.
    pub step: Option<usize>,
    /// Why it is not asked, whatever the result of building it.
    pub not_asked: Option<&'static str>,
    /// The result of building it.
    pub status: ProviderStatus,
}

impl BuiltProvider {
    /// The quota that it uses, as far as known without its settings.
    pub fn quota(&self) -> Quota {
        match &self.status {
            ProviderStatus::Ready(provider) => provider.capabilities().quota.clone(),
            ProviderStatus::Unconfigured(_) | ProviderStatus::Wrong(_) => self.name.into(),
        }
    }
}

/// The result of building a provider.
#[derive(Debug)]
pub enum ProviderStatus {
    /// It can be asked.
    Ready(Arc<dyn Provider>),
    /// It has nothing to work with; the text says what to set.
    Unconfigured(String),
    /// Its settings are wrong.
    Wrong(BuildError),
}
