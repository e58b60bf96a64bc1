//! What the kit must know of the store that it checks.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{OpenMode, Store, StoreResult, StoreUrl};
use ipcascade_store_memory::Tables;

use super::foreign::{self, ForeignStatement};
use super::tables;

/// Rows of a query, each value as text.
pub type TextRows = Vec<Vec<Option<String>>>;

/// A database of the kind that is tested, empty at first, and ways to look at it past the store.
///
/// Statements are written so that SQLite and PostgreSQL both understand them. A store that takes no SQL
/// has [`foreign`](Self::foreign), [`plant_rows`](Self::plant_rows) and [`tables`](Self::tables) of its
/// own; the methods for SQL may then panic, for only the groups `concurrency` and `migration` call them.
#[async_trait]
pub trait StoreSubject: Send + Sync {
    /// Another empty database of the same kind.
    async fn sibling(&self) -> Box<dyn StoreSubject>;

    /// Where the store is.
    fn url(&self) -> StoreUrl;

    /// Runs statements as another program would: constraints and triggers do their work.
    async fn execute(&self, statements: &str);

    /// Runs statements with triggers and foreign keys out of action, to plant what must not be.
    async fn plant(&self, statements: &str);

    /// The rows of a query of which every column is text.
    async fn rows(&self, query: &str) -> TextRows;

    /// [`execute`](Self::execute), with statements that every subject understands.
    async fn foreign(&self, statements: &[ForeignStatement]) {
        self.execute(&foreign::sql(statements)).await;
    }

    /// [`plant`](Self::plant), with statements that every subject understands.
    async fn plant_rows(&self, statements: &[ForeignStatement]) {
        self.plant(&foreign::sql(statements)).await;
    }

    /// The bare tables of the inventory, past the store.
    async fn tables(&self) -> Tables {
        tables::read_tables(self).await
    }

    /// Opens the store as another process would: nothing is shared with stores opened before.
    ///
    /// It is found by the scheme of [`url`](Self::url), so the crate of the test must mention the store's:
    /// `use the_crate as _;`.
    async fn open(&self, mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
        let url = self.url();
        let factory = Registry::linked()
            .expect("no two stores claim one scheme")
            .store(&url)
            .expect("the store is linked");
        factory
            .opener
            .open(&url, &Settings::empty("store"), mode)
            .await
    }
}
