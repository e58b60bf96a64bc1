//! The objects that commands work with, built from the configuration.

mod announcement;
mod cascade;
mod context;
mod online;
mod store;

pub use cascade::{BuiltProvider, CascadePlan, ProviderStatus, SkippedProvider};
pub use context::App;
pub use online::{Effort, Online, StateStore};
