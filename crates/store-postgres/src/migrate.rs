//! Applies the missing steps found by the planner.

use ipcascade_core::store::{MigrateOptions, MigrationStep, StoreError, StoreErrorKind};
use ipcascade_store::schema::{check_keys, check_version};
use sqlx::AssertSqlSafe;

use crate::advisory_locks::MIGRATION_LOCK;
use crate::catalog::Catalog;
use crate::columns::TableColumns;
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault};
use crate::schema;
use crate::schema::Missing;
use crate::surroundings::Surroundings;

/// Where a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upto {
    /// At the end, unless indexes have to be built concurrently before the last steps.
    OnlineIndexes,
    End,
}

impl PgEngine {
    /// Reads the catalogs and stores the columns of the tables.
    pub(crate) async fn look(&self) -> EngineResult<()> {
        self.catalog().await?;
        Ok(())
    }

    pub(crate) async fn catalog(&self) -> EngineResult<Catalog> {
        let mut transaction = self.begin().await?;
        let surroundings = Surroundings::read(&mut transaction).await?;
        self.check_surroundings(&surroundings)?;
        let catalog = Catalog::read(&mut transaction, &surroundings.schema).await?;
        transaction.rollback().await?;
        check_version(catalog.version.map(i64::from))?;
        check_keys(
            |table| catalog.tables.contains_key(table),
            |table, column| catalog.kind(table, column).is_some(),
        )?;
        if self.mode.needs_inventory() && !schema::is_there(&catalog) {
            return Err(Fault::Worded(StoreError::no_inventory(
                "it has none of an inventory's tables",
            )));
        }
        self.set_place(&surroundings);
        self.set_columns(TableColumns::of(&catalog));
        Ok(catalog)
    }

    pub(crate) async fn missing_steps(
        &self,
        options: &MigrateOptions,
    ) -> EngineResult<Vec<MigrationStep>> {
        Ok(self.missing(options).await?.into_steps())
    }

    async fn missing(&self, options: &MigrateOptions) -> EngineResult<Missing> {
        let catalog = self.catalog().await?;
        schema::plan(&catalog, options, self.config.online_index_from()).map_err(Fault::Worded)
    }

    /// Brings the schema up to date in one transaction, during which no other process migrates. Indexes of large tables
    /// are built concurrently, and the triggers are created in a second transaction after that.
    pub(crate) async fn apply_migrations(
        &self,
        options: &MigrateOptions,
    ) -> EngineResult<Vec<MigrationStep>> {
        if self.missing_steps(options).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut done = self
            .apply_in_transaction(options, Upto::OnlineIndexes)
            .await?;
        let online = self.missing(options).await?.online;
        if !online.is_empty() {
            for (step, index) in online {
                if self.build_online(&index).await? {
                    done.push(step);
                }
            }
            done.extend(self.apply_in_transaction(options, Upto::End).await?);
        }
        self.look().await?;
        Ok(done)
    }

    async fn apply_in_transaction(
        &self,
        options: &MigrateOptions,
        upto: Upto,
    ) -> EngineResult<Vec<MigrationStep>> {
        let mut transaction = self.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1), set_config('statement_timeout', '0', true)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        let surroundings = Surroundings::read(&mut transaction).await?;
        let catalog = Catalog::read(&mut transaction, &surroundings.schema).await?;
        let missing = schema::plan(&catalog, options, self.config.online_index_from())
            .map_err(Fault::Worded)?;
        let mut steps = missing.steps;
        if upto == Upto::End || missing.online.is_empty() {
            steps.extend(missing.last);
        }
        for step in &steps {
            tracing::info!(step = step.description, "changing the schema");
            sqlx::raw_sql(AssertSqlSafe(step.sql.clone()))
                .execute(&mut *transaction)
                .await
                .map_err(|error| self.step_failed(step, error))?;
        }
        transaction.commit().await?;
        Ok(steps)
    }

    fn step_failed(&self, step: &MigrationStep, error: sqlx::Error) -> Fault {
        let fault = Fault::Database(error);
        if fault.kind() != StoreErrorKind::Denied {
            return fault;
        }
        let action = format!("change the schema ({})", step.description);
        let error = fault.into_error(&action, &self.shown, None).remedy(
            "run `ipcascade migrate` once as the owner of the tables, or grant CREATE on the schema and TRIGGER on \
             the tables",
        );
        Fault::Worded(error)
    }
}
