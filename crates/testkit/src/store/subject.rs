//! What the kit needs to know about the store it checks.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{OpenMode, Store, StoreResult, StoreUrl};
use ipcascade_store_memory::{HistoryKey, Tables};

use super::foreign::{self, ForeignStatement};
use super::tables::{
    ADDRESSES, ASNS, HISTORY, REPAIRS, SESSIONS, address, asn, number, repair, session, text,
    timestamp,
};

/// Rows of a query, each value as text.
pub type TextRows = Vec<Vec<Option<String>>>;

/// A database of the kind under test, empty at first, and ways to inspect it past the store.
///
/// Statements are written so that both SQLite and PostgreSQL understand them. A store that takes no SQL implements
/// [`foreign`](Self::foreign), [`plant_rows`](Self::plant_rows) and [`tables`](Self::tables) itself; the methods for
/// SQL may then panic, for only the groups `concurrency` and `migration` call them.
#[async_trait]
pub trait StoreSubject: Send + Sync {
    /// Another empty database of the same kind.
    async fn sibling(&self) -> Box<dyn StoreSubject>;

    /// Where the store is.
    fn url(&self) -> StoreUrl;

    /// Runs statements as another program would: constraints and triggers apply.
    async fn execute(&self, statements: &str);

    /// Runs statements with triggers and foreign keys disabled, to plant invalid rows.
    async fn plant(&self, statements: &str);

    /// The rows of a query whose columns are all text.
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
        read_tables(self).await
    }

    /// Opens the store as another process would: nothing is shared with stores opened before.
    ///
    /// The store is found by the scheme of [`url`](Self::url), so the crate of the test must mention the store's crate:
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

/// Reads them with SQL.
async fn read_tables<S: StoreSubject + ?Sized>(subject: &S) -> Tables {
    let mut tables = Tables::default();
    for mut row in select(subject, ASNS, "asn_inventory").await {
        let entry = asn(&mut row);
        tables.asns.insert(entry.number, entry);
    }
    for mut row in select(subject, ADDRESSES, "ip_inventory").await {
        let entry = address(&mut row);
        tables.addresses.insert(entry.row.key.clone(), entry);
    }
    for mut row in select(subject, SESSIONS, "session_summaries").await {
        let entry = session(&mut row);
        tables.sessions.insert(entry.session_id.clone(), entry);
    }
    for mut row in select(subject, HISTORY, "ip_asn_history").await {
        let key = HistoryKey {
            address: text(&mut row, 0),
            number: number(&mut row, 1).expect("it has a number"),
            observed_at: timestamp(&mut row, 2).expect("it was observed"),
        };
        tables.history.insert(key, row[3].take());
    }
    let repairs = select(subject, REPAIRS, "ipcascade_repairs").await;
    tables.repairs = repairs
        .into_iter()
        .map(|mut row| repair(&mut row))
        .collect();
    tables
}

async fn select<S: StoreSubject + ?Sized>(subject: &S, columns: &[&str], table: &str) -> TextRows {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| format!("CAST({column} AS TEXT)"))
        .collect();
    let query = format!("SELECT {} FROM {table}", columns.join(", "));
    subject.rows(&query).await
}
