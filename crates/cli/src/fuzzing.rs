//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use std::path::Path;

use crate::cowrie_enrich_asn::database_of;

/// Reads the database that cowrieprocessor's settings name.
///
/// # Errors
///
/// The reason why they cannot be read.
pub fn database_of_cowrieprocessor(file: &Path) -> Result<Option<String>, String> {
    database_of(file)
}
