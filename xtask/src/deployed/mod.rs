//! Databases as deployments of the previous program left them: addresses with documents, and nothing counted.

mod fill;
mod rows;
mod schema;

pub use fill::{fill_postgres, fill_sqlite};
pub use rows::{DeployedAddress, rows};
pub use schema::{Flavour, keys_after_the_rows, schema};
