//! Hides secrets of the configuration.

use figment::value::Value;
use ipcascade_core::settings::{is_secret, may_hold_password};
use ipcascade_core::store::StoreUrl;

/// Shown in place of a secret.
pub(super) const HIDDEN: &str = "***";

/// Whether `key` is an argument of a program, which may be a secret: `command` has the program first. If it is one text
/// by mistake, the arguments are in it.
fn is_argument(key: &str, value: &Value) -> bool {
    let place = key.rsplit_once(".command.").map(|(_, place)| place);
    let is_text = matches!(value, Value::String(..)) && key.ends_with(".command");
    is_text || place.is_some_and(|place| place != "0")
}

/// Whether `key` is a program: by mistake, its arguments may stand in the same text.
fn is_program(key: &str) -> bool {
    key.ends_with(".command.0")
}

/// The value of the key with the full name `key`, as it may be shown.
pub(super) fn redacted(key: &str, value: &Value) -> Value {
    match value {
        Value::String(_, text) if text.is_empty() => value.clone(),
        // Also in a table or a list that stands where a secret should.
        _ if key.split('.').any(is_secret) || is_argument(key, value) => HIDDEN.into(),
        Value::String(_, text) if is_program(key) && text.trim().contains(' ') => {
            let program = text.split_whitespace().next().unwrap_or_default();
            format!("{program} {HIDDEN}").into()
        }
        Value::String(_, text) if key.contains(".environment.") && text.contains('=') => {
            let name = text.split('=').next().unwrap_or_default();
            format!("{name}={HIDDEN}").into()
        }
        // The URL of a store may also be the parameters of PostgreSQL.
        Value::String(_, text)
            if text.contains("://") || key == "store.url" || may_hold_password(text) =>
        {
            match text.parse::<StoreUrl>() {
                Ok(url) => url.to_string().into(),
                Err(_) => HIDDEN.into(),
            }
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(key: &str, text: &str) -> String {
        redacted(key, &text.into()).into_string().unwrap()
    }

    #[test]
    fn secrets_are_hidden_and_names_of_files_are_not() {
        assert_eq!(shown("providers.greynoise.api_key", "abc"), "***");
        assert_eq!(shown("providers.x.auth_token", "abc"), "***");
        assert_eq!(shown("providers.x.keys.0", "abc"), "***");
        assert_eq!(
            shown("providers.greynoise.api_key_file", "/run/key"),
            "/run/key"
        );
    }

    #[test]
    fn arguments_of_programs_are_hidden() {
        assert_eq!(shown("providers.exec.command.0", "python3"), "python3");
        assert_eq!(shown("providers.exec.command.1", "--token=abc"), "***");
        assert_eq!(shown("providers.exec.command", "p --token=abc"), "***");
        assert_eq!(shown("providers.exec.command.0", "p --token abc"), "p ***");
        assert_eq!(shown("providers.exec.environment.0", "A_KEY"), "A_KEY");
        assert_eq!(
            shown("providers.exec.environment.0", "A_KEY=abc"),
            "A_KEY=***"
        );
    }

    #[test]
    fn urls_are_shown_without_password() {
        let url = "postgresql://me:hunter2@host/db";
        assert_eq!(shown("store.url", url), "postgresql://me:***@host/db");
        let keywords = shown("store.url", "host=db user=me password=hunter2");
        assert_eq!(keywords, "postgresql://me:***@db/");
        assert_eq!(shown("store.url", "host=db password='hunter2"), "***");
        assert_eq!(shown("store.url", "sqlite://a.db"), "sqlite://a.db");
        let mistyped = shown("store.url", "postgresql://h/db?pasword=hunter2");
        assert_eq!(mistyped, "postgresql://h/db?pasword=***");
        let nested = "providers.greynoise.api_key.a";
        assert_eq!(shown(nested, "abc"), "***");
        assert_eq!(shown("providers.x.base_url", "http//me:hunter2@h"), "***");
        assert_eq!(
            shown("store.url", "postgresql://me:hunter?2@host/db"),
            "***"
        );
        let proxy = "https://me:hunter2@proxy.example:8080/";
        assert!(!shown("providers.x.proxy", proxy).contains("hunter2"));
    }
}
