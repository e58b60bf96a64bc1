//! Configuration files: any text is read or refused, and in neither case a secret is shown. The same for the settings of
//! cowrieprocessor.

#![no_main]

use std::sync::LazyLock;

use ipcascade::CliError;
use ipcascade::config::{Config, Overrides, settings};
use ipcascade::fuzzing::database_of_cowrieprocessor;
use ipcascade_core::registry::Registry;
use ipcascade_fuzz::InFile;
use libfuzzer_sys::fuzz_target;
use toml::{Table, Value};

/// Stands for a secret.
const SECRET: &str = "hunter2";
/// Keys whose values are secrets.
const KEYS: [&str; 4] = ["api_key", "password", "token", "secret"];

static FILE: LazyLock<InFile> = LazyLock::new(|| InFile::new("ipcascade.toml"));
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::linked().unwrap());

fuzz_target!(|text: &str| {
    FILE.write(text.as_bytes());
    let overrides = Overrides {
        file: Some(FILE.path().to_owned()),
        ..Overrides::default()
    };
    let mut shown = Vec::new();
    match Config::load(&overrides, &REGISTRY) {
        Ok(config) => {
            let values = settings(&config).into_iter();
            shown.extend(values.map(|setting| setting.value.to_string()));
            shown.extend(config.exposed_secrets());
            shown.extend(config.store_url().map(|url| format!("{url} {url:?}")));
            shown.extend(config.store_url().err().map(explained));
            for factory in REGISTRY.providers() {
                let settings = config.provider_settings(factory.name.as_str());
                shown.push(format!("{settings:?}"));
                factory.goes_online(&settings);
                let fields = factory.fields_with(&settings);
                shown.extend(fields.err().map(|error| error.to_string()));
            }
        }
        Err(error) => shown.push(explained(error)),
    }
    shown.extend(database_of_cowrieprocessor(FILE.path()).err());
    if is_secret_only(text) {
        for shown in shown {
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
});

fn explained(error: CliError) -> String {
    let CliError::Report(report) = error else {
        return String::new();
    };
    let causes = report.causes().join(": ");
    format!("{}: {causes} {:?}", report.message(), report.hint())
}

/// Whether the secret stands only where one may stand.
fn is_secret_only(text: &str) -> bool {
    let all = text.matches(SECRET).count();
    match text.parse::<Table>() {
        Ok(table) => {
            all > 0
                && all
                    == table
                        .iter()
                        .map(|(key, value)| secrets(key, value))
                        .sum::<usize>()
        }
        // Where the line begins with the key and the secret is in quotes.
        Err(_) => text
            .lines()
            .filter(|line| line.contains(SECRET))
            .all(|line| {
                let quoted = line.split_once('=').and_then(|(key, value)| {
                    let is_key = KEYS.contains(&key.trim());
                    value.trim_start().strip_prefix('"').filter(|_| is_key)
                });
                let inside = quoted.and_then(|value| value.split(['"', '\'']).next());
                inside.is_some_and(|inside| {
                    inside.matches(SECRET).count() == line.matches(SECRET).count()
                })
            }),
    }
}

/// How many secrets are in the values of keys that hold one, and in URLs as their password.
fn secrets(key: &str, value: &Value) -> usize {
    match value {
        Value::String(text) if KEYS.contains(&key) => text.matches(SECRET).count(),
        Value::String(text) => {
            let url = text.split_once("://me:").and_then(|(scheme, rest)| {
                let is_scheme =
                    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase());
                rest.split_once('@').filter(|_| is_scheme)
            });
            url.map_or(0, |(password, _)| password.matches(SECRET).count())
        }
        Value::Table(table) => table
            .iter()
            .map(|(key, value)| secrets(key, value))
            .sum::<usize>(),
        Value::Array(values) => values.iter().map(|value| secrets("", value)).sum::<usize>(),
        _ => 0,
    }
}
