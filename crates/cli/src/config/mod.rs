//! Configuration: one file, then the environment, then flags.

mod entry;
mod environment;
mod file;
mod json_schema;
mod leaves;
mod load;
mod location;
mod named_files;
mod position;
mod redact;
mod sample;
mod schema;
mod secret_file;
mod secrets;
mod show;
mod sources;
mod store_url;
mod tables;

pub use environment::{environment, variable};
pub use json_schema::{json_schema, private_schema, store_files};
pub(crate) use load::absolute;
pub use load::{Config, Overrides, Reach};
pub use location::{
    ConfigLocation, default_store, file_to_write, locate, refusal_file, user_config_file,
};
pub use sample::{FirstValues, sample};
pub use schema::{CascadeConfig, StepConfig};
pub(crate) use schema::{PRIVATE, never_online};
pub use show::{Setting, settings};
