//! Migrations.

use ipcascade_core::store::{MigrationStep, StoreResult};
use sqlx::AssertSqlSafe;

use crate::catalog::Catalog;
use crate::engine::SqliteEngine;
use crate::error::Explain as _;
use crate::schema;

impl SqliteEngine {
    pub(crate) async fn pending(&self) -> StoreResult<Vec<MigrationStep>> {
        let missing = schema::missing(&self.catalog().await?)?;
        Ok(missing.into_iter().map(|missing| missing.step).collect())
    }

    /// Applies the missing steps, in one transaction. What is missing is determined again inside it: another process
    /// may have migrated in the meantime.
    pub(crate) async fn migrate_now(&self) -> StoreResult<Vec<MigrationStep>> {
        let action = "change the schema";
        let begun = self.begin_writing().await;
        let (mut transaction, _turn) = begun.explain(&self.path, action)?;
        let catalog = Catalog::read(&mut transaction)
            .await
            .explain(&self.path, action)?;
        let mut done = Vec::new();
        for missing in schema::missing(&catalog)? {
            let step = missing.step;
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
