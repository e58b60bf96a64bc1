//! Parts of statements that define.

use ipcascade_core::store::MigrationStep;

/// A step of a migration.
pub(crate) fn step(description: String, sql: String) -> MigrationStep {
    MigrationStep { description, sql }
}
