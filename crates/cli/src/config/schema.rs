//! The keys of the program itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use figment::Figment;
use figment::value::Value;
use ipcascade_core::field::Field;
use ipcascade_core::near_miss::suggestion;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::{Settings, SettingsError, extract};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::leaves::origin;
use crate::report::CliError;

/// All top-level keys of the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Schema {
    /// Whether no online provider is asked, whatever else is set.
    #[serde(deserialize_with = "switch")]
    #[schemars(example = true)]
    pub(super) offline: bool,
    /// The inventory.
    pub(super) store: StoreConfig,
    /// Inputs.
    pub(super) input: InputConfig,
    /// The order in which providers are asked, and which of them wins a field.
    pub(super) cascade: CascadeConfig,
    /// The settings of the providers, by name.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub(super) providers: BTreeMap<String, Value>,
}

/// `true` or `false`, and their usual forms in the environment; an empty value is `false`.
fn switch<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = <Value as Deserialize>::deserialize(deserializer)?;
    let text = match &value {
        Value::String(_, text) => text.trim().to_ascii_lowercase(),
        Value::Bool(_, is_on) => is_on.to_string(),
        Value::Num(_, number) => {
            let whole = number.to_u128().map(|it| it.to_string());
            whole.unwrap_or_else(|| "another number".to_owned())
        }
        _ => "something else".to_owned(),
    };
    match text.as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(serde::de::Error::custom("expected true or false")),
    }
}

/// Keys of the table `[store]` that no store reads.
pub(super) const STORE_FILES: [&str; 2] = ["url_file", "password_file"];

/// The table `[store]`. Other keys belong to the kind of store.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct StoreConfig {
    /// Where the inventory is.
    pub(super) url: Option<String>,
    /// A file with the URL, instead of `url`: its only line.
    #[schemars(example = &"/run/secrets/inventory_url")]
    pub(super) url_file: Option<String>,
    /// A file with the password of a server, if the URL has none: its only line.
    #[schemars(example = &"/run/secrets/inventory_password")]
    pub(super) password_file: Option<String>,
}

/// The table `[input]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct InputConfig {
    /// Excluded addresses, prefixes and ranges, and files with such.
    #[schemars(example = ["192.0.2.0/24", "our-scanners.txt"])]
    pub exclude: Vec<String>,
}

/// The table `[cascade]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CascadeConfig {
    /// The steps, in order; without them, `maxmind` and every other provider that has its files and does not go online.
    pub steps: Option<Vec<StepConfig>>,
    /// For a field, the providers that take precedence over the order of the steps.
    #[schemars(example = serde_json::json!({"asn": ["cymru", "maxmind"]}))]
    pub prefer: BTreeMap<String, Vec<String>>,
    /// Whether the geo country may stand in for an AS's registration country; such a value is marked as inferred.
    #[schemars(example = true)]
    pub geo_country_fills_registry: bool,
}

/// One of `[[cascade.steps]]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepConfig {
    /// The provider's name.
    #[schemars(example = &"cymru")]
    pub provider: String,
    /// Ask only if one of these fields is missing; empty: always.
    #[serde(default)]
    #[schemars(example = ["asn"])]
    pub if_missing: Vec<String>,
}

/// The key in a provider's table that belongs to the program: ask it about addresses that are not global as well.
pub(crate) const PRIVATE: &str = "private";

fn private(table: &Value) -> Option<&Value> {
    table.as_dict()?.get(PRIVATE)
}

/// Why an online provider cannot be asked for private addresses.
pub(crate) fn never_online(name: &str) -> String {
    format!(
        "{name} goes online, and no bogon ever leaves this machine: only providers that work from \
         files can be asked for private ones"
    )
}

impl Schema {
    pub(super) fn is_private(&self, provider: &str) -> bool {
        let table = self.providers.get(provider);
        table.and_then(private).and_then(Value::to_bool) == Some(true)
    }

    pub(super) fn extract(figment: &Figment, registry: &Registry) -> Result<Self, CliError> {
        let schema: Self = extract(figment)?;
        let check = SchemaCheck { figment, registry };
        for (name, table) in &schema.providers {
            let key = format!("providers.{name}");
            check.provider(&key, name)?;
            if table.as_dict().is_none() {
                return Err(check.error(&key, "expected a table of settings"));
            }
            check.private(name, table)?;
        }
        if let Some(steps) = &schema.cascade.steps {
            check.steps(steps)?;
        }
        for (field, providers) in &schema.cascade.prefer {
            let key = format!("cascade.prefer.{field}");
            check.field(&key, field)?;
            for name in providers {
                check.provider(&key, name)?;
            }
        }
        Ok(schema)
    }
}

struct SchemaCheck<'a> {
    figment: &'a Figment,
    registry: &'a Registry,
}

impl SchemaCheck<'_> {
    fn error(&self, key: &str, problem: &str) -> CliError {
        SettingsError::new(key, problem)
            .set_in(Some(origin(self.figment, key)))
            .into()
    }

    fn provider(&self, key: &str, name: &str) -> Result<(), CliError> {
        self.registry
            .provider(name)
            .map(|_| ())
            .map_err(|error| self.error(key, &error.to_string()))
    }

    fn private(&self, name: &str, table: &Value) -> Result<(), CliError> {
        let Some(value) = private(table) else {
            return Ok(());
        };
        let key = format!("providers.{name}.{PRIVATE}");
        match value.to_bool() {
            None => Err(self.error(&key, "expected true or false")),
            Some(true) if self.goes_online(name) => Err(self.error(&key, &never_online(name))),
            Some(_) => Ok(()),
        }
    }

    fn goes_online(&self, provider: &str) -> bool {
        let factory = self.registry.provider(provider);
        factory.is_ok_and(|factory| factory.goes_online(&self.settings_of(provider)))
    }

    fn settings_of(&self, provider: &str) -> Settings {
        let prefix = format!("providers.{provider}");
        Settings::new(self.figment, &prefix, Path::new("")).without(PRIVATE)
    }

    /// Refuses a name that is neither that of a well-known field, nor of one that a linked provider declares or is
    /// configured to have.
    fn field(&self, key: &str, name: &str) -> Result<(), CliError> {
        if Field::well_known(name).is_some() {
            return Ok(());
        }
        let mut known: BTreeSet<&str> = Field::WELL_KNOWN.iter().map(|it| it.name()).collect();
        for factory in self.registry.providers() {
            let fields = factory.fields_with(&self.settings_of(factory.name.as_str()))?;
            known.extend(fields.iter().map(|source| source.field.name()));
        }
        if known.contains(name) {
            return Ok(());
        }
        let known: Vec<&str> = known.into_iter().collect();
        let suggestion = suggestion(name, &known, "expected one of");
        Err(self.error(key, &format!("unknown field `{name}`: {suggestion}")))
    }

    fn steps(&self, steps: &[StepConfig]) -> Result<(), CliError> {
        for (index, step) in steps.iter().enumerate() {
            let key = format!("cascade.steps[{index}]");
            self.provider(&format!("{key}.provider"), &step.provider)?;
            for (place, field) in step.if_missing.iter().enumerate() {
                self.field(&format!("{key}.if_missing[{place}]"), field)?;
            }
            if steps[..index]
                .iter()
                .any(|earlier| earlier.provider == step.provider)
            {
                let problem = format!("the provider `{}` has more than one step", step.provider);
                return Err(self.error(&format!("{key}.provider"), &problem));
            }
        }
        Ok(())
    }
}
