//! Lists in place of tables. The library that reads settings takes a list for a table by position, and passes over what is
//! too much.

use figment::value::Value;
use serde_json::Value as Json;

/// The first table of `value` that is a list, by its full name, if `schema` has a table there.
pub(super) fn list_for_table(value: &Value, schema: &Json) -> Option<String> {
    look_into("", value, schema)
}

fn look_into(key: &str, value: &Value, schema: &Json) -> Option<String> {
    match value {
        Value::Array(..) if allows(schema, "object") && !allows(schema, "array") => {
            Some(key.to_owned())
        }
        Value::Array(_, items) => {
            let schema = alternatives(schema).find_map(|it| it.get("items"))?;
            let mut items = items.iter().enumerate();
            items.find_map(|(place, item)| look_into(&format!("{key}[{place}]"), item, schema))
        }
        Value::Dict(_, fields) => fields.iter().find_map(|(name, value)| {
            let key = match key {
                "" => name.clone(),
                key => format!("{key}.{name}"),
            };
            let mut schemas = alternatives(schema).filter_map(|schema| {
                let property = schema.get("properties").and_then(|it| it.get(name));
                property.or_else(|| schema.get("additionalProperties"))
            });
            schemas.find_map(|schema| look_into(&key, value, schema))
        }),
        _ => None,
    }
}

/// A schema, and those of which it is any.
fn alternatives(schema: &Json) -> impl Iterator<Item = &Json> {
    let any = schema.get("anyOf").and_then(Json::as_array);
    std::iter::once(schema).chain(any.into_iter().flatten())
}

/// Whether a value may be of this type.
fn allows(schema: &Json, name: &str) -> bool {
    alternatives(schema).any(|schema| match schema.get("type") {
        Some(Json::String(only)) => only == name,
        Some(Json::Array(several)) => several.iter().any(|it| it == name),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format as _, Toml};
    use ipcascade_core::registry::Registry;

    use super::*;
    use crate::config::json_schema;

    #[test]
    fn a_list_does_not_pass_for_a_table() {
        let registry = Registry::linked().unwrap();
        let schema = json_schema(&registry);
        for (text, expected) in [
            (r#"store = ["sqlite://x.db", 5]"#, Some("store")),
            ("store = []", Some("store")),
            (r#"input = [["192.0.2.0/24"]]"#, Some("input")),
            (r#"cascade = [[["maxmind"]]]"#, Some("cascade")),
            ("[[store]]\nurl = 'x'", Some("store")),
            (
                "cascade.steps = [['maxmind', ['asn'], 5]]",
                Some("cascade.steps[0]"),
            ),
            ("[[cascade.steps]]\nprovider = 'maxmind'", None),
            ("cascade.prefer.asn = ['cymru']", None),
            ("input.exclude = ['192.0.2.1']", None),
            ("store.url = 'x.db'", None),
        ] {
            let value: Value = Figment::from(Toml::string(text)).extract().unwrap();
            assert_eq!(
                list_for_table(&value, &schema).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
