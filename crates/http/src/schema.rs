//! The JSON Schema of the settings of a service: what [`Common`] has, with the values of the service.

use ipcascade_core::settings_schema::{self, VARIABLE};
use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::service::Service;
use crate::settings::Common;

impl Service {
    /// Returns the schema of the settings of this service, which may have keys of its `own` in addition.
    pub fn schema(&self, own: Option<Schema>) -> Schema {
        let mut schema = settings_schema::of::<Common>();
        // `Common::read` refuses them.
        schema.insert("additionalProperties".to_owned(), false.into());
        let own = own.and_then(|mut own| own.remove("properties"));
        if let (Some(properties), Some(Value::Object(own))) = (properties(&mut schema), own) {
            properties.extend(own);
        }
        self.complete_schema(schema)
    }

    /// Adds to a schema the defaults that come from the service, and the variable that its key is read from. The keys of
    /// a key are removed if it takes none.
    pub fn complete_schema(&self, mut schema: Schema) -> Schema {
        let Some(properties) = properties(&mut schema) else {
            return schema;
        };
        for (key, value) in [
            ("base_url", json!(self.base_url)),
            ("ttl", json!(self.ttl)),
            ("not_found_ttl", json!(self.not_found_ttl)),
            ("concurrency", json!(self.concurrency)),
            ("timeout", json!(self.timeout)),
        ] {
            set(properties, key, "default", value);
        }
        let rate_limit = properties.get_mut("rate_limit");
        if let Some(Value::Object(keys)) = rate_limit.and_then(|it| it.get_mut("properties")) {
            set(keys, "per_second", "default", json!(self.pace.per_second));
            set(keys, "burst", "default", json!(self.pace.burst));
        }
        match self.key {
            Some(key) => set(properties, "api_key", VARIABLE, key.variable.into()),
            None => properties.retain(|name, _| !name.starts_with("api_key")),
        }
        schema
    }
}

fn properties(schema: &mut Schema) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

/// Sets a keyword of the schema of a key, if there is the key.
fn set(properties: &mut Map<String, Value>, key: &str, keyword: &str, value: Value) {
    if let Some(Value::Object(schema)) = properties.get_mut(key) {
        schema.insert(keyword.to_owned(), value);
    }
}
