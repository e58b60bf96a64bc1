//! Indexes of values in sections.

use ipcascade_core::store::{SectionKey, StoreError, StoreErrorKind};

/// The name of the index of values under `key`, which begins with `prefix`.
///
/// # Errors
///
/// If an identifier cannot have the name of the key.
pub fn index_name(prefix: &str, key: SectionKey) -> Result<String, StoreError> {
    let name = key.in_identifiers().ok_or_else(|| {
        let reason = format!("the name of `{key}` is too long for an index, or has other characters than letters, digits and _");
        StoreError::new(StoreErrorKind::Settings, reason)
    })?;
    Ok(format!("{prefix}{name}"))
}
