//! An inventory in memory.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::store::{OpenMode, Store, StoreResult, StoreUrl};
use ipcascade_store_memory::{MemoryStore, Tables};

use super::foreign::{ForeignStatement, Manner, apply};
use super::{StoreSubject, TextRows};

/// Tables in memory. It takes no SQL, so groups of cases that need SQL do not apply to it.
#[derive(Debug, Default)]
pub struct MemorySubject {
    store: MemoryStore,
}

fn no_sql(statements: &str) -> ! {
    panic!("the memory store takes no SQL, such as {statements}")
}

#[async_trait]
impl StoreSubject for MemorySubject {
    async fn sibling(&self) -> Box<dyn StoreSubject> {
        Box::new(Self::default())
    }

    fn url(&self) -> StoreUrl {
        "memory://".parse().expect("a scheme is enough")
    }

    async fn execute(&self, statements: &str) {
        no_sql(statements)
    }

    async fn plant(&self, statements: &str) {
        no_sql(statements)
    }

    async fn rows(&self, query: &str) -> TextRows {
        no_sql(query)
    }

    async fn foreign(&self, statements: &[ForeignStatement]) {
        let write = |tables: &mut Tables| apply(tables, statements, Manner::Counted);
        self.store.engine().change(write).await;
    }

    async fn plant_rows(&self, statements: &[ForeignStatement]) {
        let write = |tables: &mut Tables| apply(tables, statements, Manner::Planted);
        self.store.engine().change(write).await;
    }

    async fn tables(&self) -> Tables {
        (*self.store.engine().tables()).clone()
    }

    async fn open(&self, _mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
        Ok(Arc::new(self.store.clone()))
    }
}
