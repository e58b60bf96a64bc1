//! Parts of statements that define.

use ipcascade_core::store::MigrationStep;

/// A step of a migration.
pub(crate) fn step(description: String, sql: String) -> MigrationStep {
    MigrationStep { description, sql }
}

/// A name, quoted for SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
