//! Secrets in a configuration file.

use std::path::Path;

use figment::Figment;
use figment::value::Value;

use crate::config::leaves::leaves;
use crate::config::redact::{HIDDEN, redacted};

/// Whether `value` has something that is not shown.
fn is_secret_shown(key: &str, value: &Value) -> bool {
    let (shown, value) = (shown_text(&redacted(key, value)), shown_text(value));
    shown != value && shown.contains(HIDDEN)
}

fn shown_text(value: &Value) -> String {
    value
        .clone()
        .into_string()
        .unwrap_or_else(|| format!("{value:?}"))
}

/// The secrets in `file`, by key.
pub(super) fn secrets_in(figment: &Figment, file: &Path) -> Vec<String> {
    let file = file.display().to_string();
    leaves(figment)
        .into_iter()
        .filter(|leaf| leaf.origin == file && is_secret_shown(&leaf.key, &leaf.value))
        .map(|leaf| leaf.key)
        .collect()
}
