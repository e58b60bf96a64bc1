//! `configuration.md`: the keys of the configuration file.

use ipcascade::config::{json_schema, private_schema, store_files};
use ipcascade_core::registry::Registry;
use ipcascade_core::settings_schema::UNIT;
use serde_json::{Value, json};

use super::keys::{ConfigKey, keys};
use super::markdown::{self, block, code, codes};
use crate::error::{Error, Result};

/// Makes the page.
pub(super) fn page(registry: &Registry) -> Result<String> {
    let mut text = markdown::head("Configuration");
    text.push_str(
        "\nThe file is TOML. Every key can be left out, unless it says otherwise. `ipcascade config init` writes a sample, \
         `config path` shows where the file is looked for, `config check` checks it. [environment.md](environment.md) has the \
         variables, and [ipcascade.schema.json](ipcascade.schema.json) is the JSON Schema, for editors. Paths are relative to \
         the folder of the file. `[]` in a key stands for each table of a list.\n",
    );
    text.push_str("\n## The program\n");
    text.push_str(&keys_table(&json_schema(registry), |key| {
        !["store", "providers"].contains(&key.name.split('.').next().unwrap_or_default())
    })?);
    text.push_str("\n## `[store]`\n\nFor every store, instead of `url` and of a password in it:\n");
    let common = json!({"properties": store_files()});
    text.push_str(&named(keys_table(&common, |_| true), "store")?);
    text.push_str("\nWhich other keys there are depends on the URL.\n");
    for factory in registry.stores() {
        let schemes = factory.schemes.iter().map(|scheme| format!("{scheme}://"));
        text.push_str(&format!(
            "\n### {}: {}\n\nURLs: {}.\n",
            code(factory.name),
            factory.description,
            codes(schemes)
        ));
        let schema = (factory.schema)().to_value();
        text.push_str(&named(keys_table(&schema, |_| true), "store")?);
    }
    text.push_str("\n## Providers\n\nIn the table of every provider:\n");
    let common = json!({"properties": {"private": private_schema()}});
    text.push_str(&keys_table(&common, |_| true)?);
    for factory in registry.providers() {
        let table = format!("providers.{}", factory.name);
        text.push_str(&format!("\n### `[{table}]`\n\n{}\n", factory.description));
        let schema = (factory.schema)().to_value();
        text.push_str(&named(keys_table(&schema, |_| true), &table)?);
        text.push_str(&block("toml", factory.example));
    }
    Ok(text)
}

/// Adds to an error the table that it is about.
fn named(made: Result<String>, table: &str) -> Result<String> {
    made.map_err(|error| Error::Request(format!("[{table}]: {error}")))
}

fn keys_table(schema: &Value, is_shown: impl Fn(&ConfigKey<'_>) -> bool) -> Result<String> {
    let keys = keys(schema)?;
    let rows = keys.iter().filter(|key| is_shown(key)).map(|key| {
        vec![
            code(&key.name),
            key.kind(),
            key.text(UNIT).to_owned(),
            key.default(),
            key.example(),
            key.meaning(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let header = ["key", "type", "unit", "default", "example", "meaning"];
    Ok(markdown::table(&header, &rows))
}
