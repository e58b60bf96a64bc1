//! Typed settings of plugins, with errors that name the key, the file and what was expected.

mod error;
mod expected;
#[expect(clippy::module_inception, reason = "settings, read")]
mod settings;
mod shown;

pub use error::SettingsError;
pub use settings::Settings;
pub use shown::{is_secret, may_hold_password, origin_of};
