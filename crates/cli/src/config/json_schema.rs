//! The JSON Schema of the configuration file.

use ipcascade_core::registry::{ProviderFactory, Registry};
use ipcascade_core::settings_schema;
use serde_json::{Map, Value, json};

use super::schema::{PRIVATE, STORE_FILES, Schema, StoreConfig};

/// Returns the JSON Schema of the configuration file, with the tables of all linked providers and stores.
///
/// It accepts what is written in a file. Values that environment variables may have in addition, such as `yes` for
/// `true`, are not part of it.
pub fn json_schema(registry: &Registry) -> Value {
    let mut root = Map::new();
    let dialect = "https://json-schema.org/draft/2020-12/schema";
    root.insert("$schema".to_owned(), dialect.into());
    root.insert("title".to_owned(), "Configuration of ipcascade".into());
    if let Value::Object(own) = settings_schema::of::<Schema>().to_value() {
        root.extend(own);
    }
    let stores = registry.stores().map(|factory| {
        let mut schema = (factory.schema)();
        schema.insert("title".to_owned(), factory.name.into());
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.extend(store_files());
        }
        schema.to_value()
    });
    let stores = stores.collect::<Value>();
    let providers = registry.providers();
    let providers = providers.map(|factory| (factory.name.to_string(), provider(factory)));
    let providers: Map<String, Value> = providers.collect();
    set_keywords(&mut root, "store", [("anyOf", stores)]);
    set_keywords(
        &mut root,
        "providers",
        [
            ("properties", providers.into()),
            ("additionalProperties", false.into()),
        ],
    );
    Value::Object(root)
}

/// Returns the schema of the key that belongs to the program in the table of every provider.
pub fn private_schema() -> Value {
    json!({
        "description": "Whether it is asked about bogons (addresses that are not globally reachable) as well; only for providers that do not go online.",
        "type": "boolean",
        "default": false
    })
}

/// Returns the schemas of the keys that belong to the program in the table of every store.
pub fn store_files() -> Map<String, Value> {
    let schema = settings_schema::of::<StoreConfig>().to_value();
    let properties = schema.get("properties").and_then(Value::as_object).cloned();
    let mut properties = properties.unwrap_or_default();
    properties.retain(|key, _| STORE_FILES.contains(&key.as_str()));
    properties
}

fn provider(factory: &ProviderFactory) -> Value {
    let mut schema = (factory.schema)();
    schema.insert("description".to_owned(), factory.description.into());
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert(PRIVATE.to_owned(), private_schema());
    }
    schema.to_value()
}

/// Replaces everything but the description in the schema of a top-level key.
fn set_keywords<const N: usize>(
    root: &mut Map<String, Value>,
    key: &str,
    keywords: [(&str, Value); N],
) {
    let property = root.get_mut("properties").and_then(|it| it.get_mut(key));
    if let Some(Value::Object(property)) = property {
        property.retain(|keyword, _| keyword == "description");
        property.insert("type".to_owned(), "object".into());
        property.extend(keywords.map(|(keyword, value)| (keyword.to_owned(), value)));
    }
}
