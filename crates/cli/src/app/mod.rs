//! The objects that commands work with, built from the configuration.

mod announcement;
mod cascade;
mod cascade_plan;
mod context;
mod online_providers;
mod store;

pub use cascade_plan::{BuiltProvider, CascadePlan, ProviderStatus, SkippedProvider};
pub use context::App;
pub use online_providers::{Effort, Online, StateStore};
