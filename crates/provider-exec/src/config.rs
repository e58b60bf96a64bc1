//! The settings, `[providers.exec]`.

use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::section_keys::RESERVED_KEYS;
use ipcascade_core::setting_duration::{NotFoundTtl, RequestTimeout, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer;
use crate::declaration::{NOT_FOUND_TTL, TTL};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The program and its arguments; it runs in the folder of the configuration file.
    pub(crate) command: Vec<String>,
    /// Names of environment variables that it gets beside the usual ones (`PATH`, `HOME`, `LANG`, proxies, …), such as that
    /// of its key; `*` at the end stands for any ending, and alone for all.
    #[schemars(example = &["OWNER_API_KEY"])]
    pub(crate) environment: Vec<String>,
    /// The fields of its answers that can be merged, listed, and used in `if_missing` and `prefer`.
    fields: Vec<String>,
    /// Whether it sends addresses anywhere.
    pub(crate) online: bool,
    /// How many addresses it is asked about before it has to have answered.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) batch_size: usize,
    /// How many of it run at once.
    #[schemars(range(min = 1, max = 256))]
    pub(crate) processes: usize,
    /// How long it may take for an answer before it is started anew.
    pub(crate) timeout: RequestTimeout,
    /// How long an answer lasts.
    #[schemars(extend("default" = TTL))]
    pub(crate) ttl: Option<Ttl>,
    /// How long "not found" lasts.
    #[schemars(extend("default" = NOT_FOUND_TTL))]
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            environment: Vec::new(),
            fields: Vec::new(),
            // What a program does with an address is known only to its author.
            online: true,
            batch_size: 10,
            processes: 1,
            timeout: RequestTimeout::from_secs(30),
            ttl: None,
            not_found_ttl: None,
        }
    }
}

/// Whether the settings declare that the program sends nothing.
pub(crate) fn is_offline(settings: &Settings) -> bool {
    Config::read(settings).is_ok_and(|config| !config.online)
}

/// Returns the fields that the settings name.
pub(crate) fn configured_fields(settings: &Settings) -> Result<Vec<FieldSource>, SettingsError> {
    let config = Config::read(settings)?;
    Ok(config.fields().map(FieldSource::same).collect())
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: Self = settings.extract()?;
        let refuse = |key: &str, problem: &str| Err(settings.refused(key, problem));
        if config.command.iter().any(|part| part.contains('\0')) {
            return refuse("command", "it has a NUL; remove it");
        }
        if config
            .command
            .first()
            .is_some_and(|it| it.trim().is_empty())
        {
            return refuse("command", "expected the program first, then its arguments");
        }
        if !(1..=10_000).contains(&config.batch_size) {
            return Err(settings.invalid("batch_size", "expected 1 to 10000 addresses"));
        }
        if !(1..=256).contains(&config.processes) {
            return Err(settings.invalid("processes", "expected 1 to 256"));
        }
        let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '*', '\0']);
        for pattern in &config.environment {
            if pattern != "*" && !is_name(pattern.strip_suffix('*').unwrap_or(pattern)) {
                return refuse(
                    "environment",
                    "expected names of variables, such as \"OWNER_API_KEY\" or \"OWNER_*\"; their values are those of this process",
                );
            }
        }
        for field in &config.fields {
            if !Field::is_name(field) {
                let expected = format!(
                    "expected names of lower case letters, digits and `_`, found `{field}`"
                );
                return refuse("fields", &expected);
            }
            if RESERVED_KEYS.contains(&field.as_str()) || answer::OWN_KEYS.contains(&field.as_str())
            {
                let expected =
                    format!("`{field}` is what an answer says of itself; choose another name");
                return refuse("fields", &expected);
            }
        }
        Ok(config)
    }

    /// The normalised fields of the answers.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> {
        self.fields.iter().map(|name| Field::named(name))
    }
}
