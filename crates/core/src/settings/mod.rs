//! Typed settings of plugins, with errors that name the key, the file and what was expected.

mod changed;
mod error;
mod one_as_list;
mod plain_words;
#[expect(clippy::module_inception, reason = "settings, read")]
mod settings;
mod shown_values;

pub use error::SettingsError;
pub use one_as_list::extract;
pub use settings::Settings;
pub use shown_values::{is_secret, may_hold_password, origin_of, place_of};
