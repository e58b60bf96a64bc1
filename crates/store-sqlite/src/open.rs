//! Opens a file, in each mode.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ipcascade_core::registry::OpenStore;
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::{
    MigrateOptions, OpenMode, Store, StoreError, StoreErrorKind, StoreResult, StoreUrl,
};
use ipcascade_store::schema::check_keys;
use ipcascade_store::{Books, Engine as _};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};

use crate::catalog::Catalog;
use crate::columns::TableColumns;
use crate::config::{CacheSize, Config};
use crate::engine::{SqliteEngine, SqliteStore};
use crate::error::{CANNOT_OPEN, Explain as _, READ_ONLY, is_busy, primary_code};
use crate::file_identity::Place;
use crate::permissions::may_read;
use crate::url_access::UrlAccess;
use crate::write_slot::WriteSlot;
use crate::{lock_waits, schema};

/// Opens SQLite files.
#[derive(Debug)]
pub(crate) struct Opener;

#[async_trait]
impl OpenStore for Opener {
    fn check(&self, url: &StoreUrl, settings: &Settings) -> Result<(), SettingsError> {
        UrlAccess::of(url)?;
        Config::read(settings).map(|_| ())
    }

    async fn open(
        &self,
        url: &StoreUrl,
        settings: &Settings,
        mode: OpenMode,
    ) -> Result<Arc<dyn Store>, StoreError> {
        let config = Config::read(settings)?;
        let access = UrlAccess::of(url)?;
        let path = url.path().ok_or_else(|| {
            StoreError::new(StoreErrorKind::Settings, "its URL names no SQLite file")
                .remedy("use sqlite://FILE")
                .within(OPEN, url.to_string())
        })?;
        access
            .check(&path, mode)
            .map_err(|error| error.within(OPEN, path.display().to_string()))?;
        Ok(Arc::new(open(&path, &config, mode).await?))
    }
}

/// What is tried.
const OPEN: &str = "open the inventory";

/// How much each reading connection caches at most.
const READER_CACHE: CacheSize = CacheSize::from_mib(4);

/// The number of pages in the write-ahead log after which they are written into the file at the latest: keys are in
/// random order, so a page is written again and again, and the fewer times the better. The log then takes 160 MiB.
/// After long transactions this is done while the lock is left to others.
const CHECKPOINT_PAGES: u32 = 40_000;

/// The value of `PRAGMA cache_size`, a number of KiB.
fn cache_size(size: CacheSize) -> String {
    format!("-{}", size.octets() >> 10)
}

/// Opens the file at `path`.
///
/// # Errors
///
/// If it does not exist (except for writing), cannot be used, or lacks what `mode` needs.
pub async fn open(path: &Path, config: &Config, mode: OpenMode) -> StoreResult<SqliteStore> {
    let opened = match check_path(path, mode) {
        Ok(()) => open_or_read(path, config, mode).await,
        Err(error) => Err(error),
    };
    opened.map_err(|error| error.within(OPEN, path.display().to_string()))
}

async fn open_or_read(path: &Path, config: &Config, mode: OpenMode) -> StoreResult<SqliteStore> {
    match open_as(path, config, mode, false).await {
        Err(error) if !mode.writes() && needs_to_write(&error) => {
            if log_holds_something(path) {
                return Err(unread_log(path, error));
            }
            // Everything that was ever committed is in the file, and no process has it open for writing: otherwise the
            // log would exist. A writer that begins after this writes to a log first, which is not read here.
            open_as(path, config, mode, true).await
        }
        other => other,
    }
}

fn options(path: &Path, config: &Config, mode: OpenMode) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(config.busy_timeout())
        .pragma("cache_size", cache_size(config.cache))
        // The statement journal is kept in memory, page by page.
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        // As many rows as arrive in a pause of a reader.
        .row_buffer_size(2048)
        // Statements are thousands of rows long; slow ones are normal.
        .disable_statement_logging();
    match mode {
        OpenMode::Write => options.filename(path).create_if_missing(true),
        OpenMode::Update => options.filename(path),
        OpenMode::Plan if !path.exists() => options.in_memory(true),
        OpenMode::Read | OpenMode::Inspect | OpenMode::Plan => {
            options.filename(path).read_only(true)
        }
    }
}

/// `is_immutable`: the file is read without locks and without the log and the shared memory beside it.
async fn open_as(
    path: &Path,
    config: &Config,
    mode: OpenMode,
    is_immutable: bool,
) -> StoreResult<SqliteStore> {
    let is_absent = !path.exists();
    let options = options(path, config, mode).immutable(is_immutable);
    let readers = match is_absent && mode == OpenMode::Plan {
        true => 1,
        false => config.readers,
    };
    // Waiting for the slot inside this process must not fail before waiting for other processes does.
    let slot = config
        .busy_timeout()
        .saturating_mul(20)
        .max(Duration::from_secs(600));
    let pool = |size: u32| {
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(slot)
            // Writers queue here; waiting is normal.
            .acquire_slow_threshold(slot)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let engine = SqliteEngine {
        path: path.to_owned(),
        place: Arc::new(Place::new(path.to_owned())),
        busy_timeout: config.busy_timeout(),
        mode,
        writer: pool(1).connect_lazy_with(options.clone()),
        readers: pool(readers).connect_lazy_with(
            options.pragma("cache_size", cache_size(config.cache.min(READER_CACHE))),
        ),
        columns: Arc::default(),
        commits: Arc::default(),
        slot: WriteSlot::default(),
        due_indexes: tokio::sync::Mutex::default(),
    };
    match engine.prepare(config).await {
        Ok(columns) => Ok(Books::new(SqliteEngine {
            columns: Arc::new(columns),
            ..engine
        })),
        Err(error) => {
            engine.close().await;
            Err(error)
        }
    }
}

impl SqliteEngine {
    async fn prepare(&self, config: &Config) -> Result<TableColumns, StoreError> {
        // Before anything is changed: this may be another program's database.
        let mut catalog = self.catalog().await?;
        if let Some(view) = catalog.impostors.first() {
            let name = format_args!("`{view}`");
            return Err(StoreError::not_a_table(name, "a view"));
        }
        check_keys(
            |table| catalog.has_table(table),
            |table, column| catalog.has_column(table, column),
        )?;
        if self.mode.needs_inventory() && !schema::is_there(&catalog) {
            return Err(StoreError::no_inventory(
                "it has none of an inventory's tables",
            ));
        }
        if self.mode.writes() {
            let mut connection = self.writer.acquire().await.explain(&self.path, OPEN)?;
            let switching = use_write_ahead_log(&mut connection, config);
            lock_waits::reported(&self.path, self.busy_timeout, switching)
                .await
                .explain(&self.path, OPEN)?;
            self.place.note()?;
        }
        let missing = schema::missing(&catalog)?;
        match self.mode {
            OpenMode::Write | OpenMode::Update if !missing.is_empty() => {
                self.migrate_now(&MigrateOptions::default()).await?;
                catalog = self.catalog().await?;
            }
            OpenMode::Read if missing.iter().any(|step| step.blocks_reading) => {
                let lacking: Vec<&str> = missing
                    .iter()
                    .filter(|step| step.blocks_reading)
                    .map(|step| step.step.description.as_str())
                    .collect();
                return Err(StoreError::lacks(&lacking));
            }
            _ => {}
        }
        Ok(TableColumns::of(&catalog, schema::own_triggers(&catalog)))
    }

    /// The existing schema of the database.
    pub(crate) async fn catalog(&self) -> Result<Catalog, StoreError> {
        let action = "read the schema";
        let pool = &self.readers;
        let reading = async {
            let mut connection = pool.acquire().await?;
            Catalog::read(&mut connection).await
        };
        lock_waits::reported(&self.path, self.busy_timeout, reading)
            .await
            .explain(&self.path, action)
    }
}

/// Detects errors that SQLite would report only as "unable to open database file".
fn check_path(path: &Path, mode: OpenMode) -> Result<(), StoreError> {
    let unavailable = |reason: &str, remedy: &'static str| {
        Err(StoreError::new(StoreErrorKind::Unavailable, reason).remedy(remedy))
    };
    if path.as_os_str() == ":memory:" {
        return unavailable(
            "it would be gone at the end",
            "name a file, such as sqlite://inventory.db",
        );
    }
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return unavailable(&error.to_string(), "check the path"),
    };
    match metadata {
        Some(metadata) if metadata.is_dir() => unavailable("it is a folder", "name a file in it"),
        Some(metadata) if mode.writes() && metadata.permissions().readonly() => Err(
            StoreError::new(StoreErrorKind::Denied, "the file is read-only")
                .remedy("change its permissions, or name another file"),
        ),
        Some(_) if !may_read(path) => Err(StoreError::new(
            StoreErrorKind::Denied,
            "this user may not read the file",
        )
        .remedy(
            "give this user read permission (and write permission for the file and its folder, for commands that write)",
        )),
        Some(_) => Ok(()),
        None if mode.needs_inventory() => Err(StoreError::no_inventory("there is no such file")),
        None => {
            let folder = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            };
            if folder.is_dir() || mode == OpenMode::Plan {
                return Ok(());
            }
            unavailable(
                &format!("there is no folder {}", folder.display()),
                "create it first",
            )
        }
    }
}

/// Whether opening a file for reading failed because something could not be written beside it, as in a read-only
/// folder: readers of a file with a write-ahead log share memory, which is a file.
fn needs_to_write(error: &StoreError) -> bool {
    let cause = error.cause.as_deref();
    let cause = cause.and_then(|cause| cause.downcast_ref::<sqlx::Error>());
    matches!(cause.and_then(primary_code), Some(CANNOT_OPEN | READ_ONLY))
}

/// Whether there is a write-ahead log that may contain what is not in the file yet.
fn log_holds_something(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match std::fs::metadata(PathBuf::from(log)) {
        Ok(metadata) => metadata.len() > 0,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

fn unread_log(path: &Path, error: StoreError) -> StoreError {
    let reason = format!(
        "what was written last is in its write-ahead log, {}-wal, which cannot be read without the right to write beside it",
        path.display()
    );
    StoreError {
        reason,
        kind: StoreErrorKind::Denied,
        ..error.remedy("open it once as a user who may write there (`ipcascade stats` does)")
    }
}

/// Switches to the write-ahead log. SQLite does not wait here if others are opening the file at the same time, so this
/// does.
async fn use_write_ahead_log(
    connection: &mut SqliteConnection,
    config: &Config,
) -> Result<(), sqlx::Error> {
    let deadline = tokio::time::Instant::now() + config.busy_timeout();
    loop {
        let outcome: Result<String, sqlx::Error> = sqlx::query_scalar("PRAGMA journal_mode = WAL")
            .fetch_one(&mut *connection)
            .await;
        match outcome {
            Ok(_) => return Ok(()),
            Err(error) if is_busy(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error),
        }
    }
}
