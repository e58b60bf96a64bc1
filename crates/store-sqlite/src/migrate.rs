//! Migrations.

use ipcascade_core::store::{MigrateOptions, MigrationStep, StoreResult};
use sqlx::AssertSqlSafe;

use crate::catalog::Catalog;
use crate::engine::SqliteEngine;
use crate::error::Explain as _;
use crate::{schema, value_index};

impl SqliteEngine {
    pub(crate) async fn pending(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        steps(&self.catalog().await?, options)
    }

    /// Applies the missing steps, in one transaction. What is missing is determined again inside it: another process
    /// may have migrated in the meantime.
    pub(crate) async fn migrate_now(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        let action = "change the schema";
        let begun = self.begin_writing().await;
        let (mut transaction, _turn) = begun.explain(&self.path, action)?;
        let catalog = Catalog::read(&mut transaction)
            .await
            .explain(&self.path, action)?;
        let mut done = Vec::new();
        for step in steps(&catalog, options)? {
            sqlx::raw_sql(AssertSqlSafe(step.sql.clone()))
                .execute(&mut *transaction)
                .await
                .explain(
                    &self.path,
                    &format!("change the schema ({})", step.description),
                )?;
            done.push(step);
        }
        transaction.commit().await.explain(&self.path, action)?;
        if !done.is_empty() {
            tracing::info!(path = %self.path.display(), steps = done.len(), "brought the schema up to date");
        }
        Ok(done)
    }
}

/// What `catalog` lacks, in the order of creation.
fn steps(catalog: &Catalog, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
    let missing = schema::missing(catalog)?.into_iter();
    let mut steps: Vec<MigrationStep> = missing.map(|missing| missing.step).collect();
    value_index::add_steps(catalog, options, &mut steps)?;
    Ok(steps)
}
