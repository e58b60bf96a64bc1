//! Secrets in a configuration file.

use std::path::Path;

use figment::Figment;

use crate::config::leaves::leaves;
use crate::config::redact::redacted;

/// The secrets in `file`, by key.
pub(super) fn secrets_in(figment: &Figment, file: &Path) -> Vec<String> {
    let file = file.display().to_string();
    leaves(figment)
        .into_iter()
        .filter(|leaf| leaf.origin == file && redacted(&leaf.key, &leaf.value) != leaf.value)
        .map(|leaf| leaf.key)
        .collect()
}
