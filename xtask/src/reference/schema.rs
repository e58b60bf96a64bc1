//! `ipcascade.schema.json`: the JSON Schema of the configuration file.

use ipcascade::config::json_schema;
use ipcascade_core::registry::Registry;

/// Makes the file.
pub(super) fn page(registry: &Registry) -> String {
    format!("{:#}\n", json_schema(registry))
}
