//! `environment.md`: the environment variables.

use std::collections::BTreeMap;

use ipcascade::config::{json_schema, variable};
use ipcascade::reference::VARIABLES;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings_schema::VARIABLE;
use serde_json::Value;

use super::keys::keys;
use super::markdown::{self, code};
use crate::error::Result;

/// Makes the page.
pub(super) fn page(registry: &Registry) -> Result<String> {
    let schema = json_schema(registry);
    let mut of_services = Vec::new();
    let mut of_keys = BTreeMap::new();
    let stores = schema["properties"]["store"]["anyOf"].as_array();
    let stores = stores.into_iter().flatten().map(|store| ("store.", store));
    for (prefix, table) in std::iter::once(("", &schema)).chain(stores) {
        for key in keys(table)? {
            let name = format!("{prefix}{}", key.name);
            let service = key.text(VARIABLE);
            if !service.is_empty() {
                of_services.push(vec![code(service), code(&name)]);
            }
            // A list of tables is one value; its keys have no variables.
            if !key.is_table() && !name.contains("[]") && !is_whole_table(&name, table) {
                of_keys.insert(name, key.kind());
            }
        }
    }
    let of_keys = of_keys.into_iter();
    let of_keys = of_keys.map(|(name, kind)| vec![code(variable(&name)), code(name), kind]);
    let of_keys: Vec<Vec<String>> = of_keys.collect();
    let others = VARIABLES.iter();
    let others = others.map(|it| vec![code(it.name), it.meaning.to_owned()]);
    let others: Vec<Vec<String>> = others.collect();
    Ok([
        markdown::head("Environment"),
        markdown::table(&["variable", "meaning"], &others),
        "\n## Keys of services\n\nUsed if neither `api_key` nor `api_key_file` of the provider is set.\n".to_owned(),
        markdown::table(&["variable", "instead of"], &of_services),
        "\n## Keys of the configuration\n\nA variable takes precedence over the file, and a flag over both. Its value is read \
         as TOML (`true`, `3.5`, `[\"a\", \"b\"]`, `{ asn = [\"cymru\"] }`), or else as text; a key of a service is always \
         text. Paths are relative to the working directory. [configuration.md](configuration.md) has the meaning of the \
         keys.\n"
            .to_owned(),
        markdown::table(&["variable", "key", "type"], &of_keys),
    ]
    .concat())
}

/// Whether the key is `store`, whose keys are listed for each kind of store.
fn is_whole_table(name: &str, table: &Value) -> bool {
    table["properties"][name]["anyOf"][0]["properties"].is_object()
}
