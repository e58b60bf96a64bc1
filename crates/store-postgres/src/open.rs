//! Opening a database.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::registry::OpenStore;
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::{
    MigrateOptions, OpenMode, Store, StoreError, StoreErrorKind, StoreResult, StoreUrl,
};
use ipcascade_store::{Books, Engine as _};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::config::Config;
use crate::connections::connect;
use crate::engine::PgEngine;
use crate::error::Fault;
use crate::parameters::{connect_options, has_password};
use crate::password_file;
use crate::retry::persist;

/// Opens PostgreSQL databases.
#[derive(Debug)]
pub(crate) struct Opener;

#[async_trait]
impl OpenStore for Opener {
    fn check(&self, url: &StoreUrl, settings: &Settings) -> Result<(), SettingsError> {
        connect_options(url)?;
        Config::read(settings).map(|_| ())
    }

    async fn open(
        &self,
        url: &StoreUrl,
        settings: &Settings,
        mode: OpenMode,
    ) -> Result<Arc<dyn Store>, StoreError> {
        let config = Config::read(settings)?;
        Ok(Arc::new(open(url, config, mode).await?))
    }
}

/// What is tried.
const OPEN: &str = "open the inventory";

async fn open(url: &StoreUrl, config: Config, mode: OpenMode) -> StoreResult<Books<PgEngine>> {
    let shown = url.to_string();
    let mut options = connect_options(url)?;
    if !has_password(url) {
        password_file::warn();
    }
    // Poolers refuse this one, and numbers are sent in binary anyway.
    options = options.extra_float_digits(None);
    // Statements are thousands of rows long; slow ones are normal.
    options = options.disable_statement_logging();
    if options.get_application_name().is_none() {
        options = options.application_name("ipcascade");
    }
    probe(&options, &config, &shown).await?;
    let pool = pool_options(&config).connect_lazy_with(options);
    let engine = PgEngine::new(pool, shown, config, mode);
    match engine.reporting_waits(prepare(&engine)).await {
        Ok(()) => Ok(Books::new(engine)),
        Err(fault) => {
            engine.close().await;
            Err(engine.explain(OPEN, fault))
        }
    }
}

/// Waiting for a connection is normal in a busy pool: it is not logged before the time-out.
fn pool_options(config: &Config) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.connect_timeout())
        .acquire_slow_threshold(config.connect_timeout())
}

/// Tries one connection, because a pool would keep trying and then only report that it gave up.
async fn probe(options: &PgConnectOptions, config: &Config, shown: &str) -> Result<(), StoreError> {
    let limit = config.connect_timeout();
    match connect(options, config).await {
        Ok(connection) => {
            drop(connection.close().await);
            Ok(())
        }
        Err(sqlx::Error::PoolTimedOut) => Err(StoreError::new(
            StoreErrorKind::Unavailable,
            format!("there was no answer within {limit:?}"),
        )
        .remedy("check host and port, or raise `store.connect_timeout`")
        .within(OPEN, shown)),
        Err(error) => Err(Fault::NoConnection(error).into_error(OPEN, shown, None)),
    }
}

/// Prepares what the mode needs. Catalogs are read before anything is changed: this may be another program's database.
async fn prepare(engine: &PgEngine) -> Result<(), Fault> {
    match engine.mode {
        OpenMode::Plan | OpenMode::Inspect => engine.look().await,
        OpenMode::Read => {
            engine.look().await?;
            check_readable(engine)
        }
        OpenMode::Update | OpenMode::Write => update_schema(engine).await,
    }
}

fn check_readable(engine: &PgEngine) -> Result<(), Fault> {
    let columns = engine.columns();
    if columns.missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::lacks(&columns.missing).into())
}

async fn update_schema(engine: &PgEngine) -> Result<(), Fault> {
    persist(OPEN, &engine.config, || async {
        engine.apply_migrations(&MigrateOptions::default()).await
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_does_not_warn_before_it_gives_up() {
        let config = Config::read(&Settings::empty("store")).unwrap();
        let options = pool_options(&config);
        assert!(options.get_acquire_slow_threshold() >= options.get_acquire_timeout());
    }
}
