//! A run in the background of the test, and what it stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::cascade::{Cascade, Step};
use ipcascade_core::clock::Clock;
use ipcascade_core::pipeline::{Chunk, Pipeline, RunReport};
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressQuery, AsnQuery, Reader as _, SessionQuery, Store};
use ipcascade_store_memory::MemoryStore;
use ipcascade_testkit::store::fixtures::day;
use serde_json::Value;

/// A run in the background of the test.
pub(crate) struct Run {
    pub(crate) store: Arc<MemoryStore>,
    reports: tokio::sync::watch::Receiver<(RunReport, usize)>,
    pub(crate) task: tokio::task::JoinHandle<RunReport>,
}

impl Run {
    pub(crate) fn start(steps: Vec<Step>, policy: Policy, chunks: Vec<Chunk>) -> Self {
        let store = Arc::new(MemoryStore::default());
        let cascade = Arc::new(Cascade::new(steps, policy));
        let shared = Arc::<MemoryStore>::clone(&store) as Arc<dyn Store>;
        let pipeline = Pipeline::new(cascade, shared, Clock::fixed(day(9)), 2);
        let (sender, reports) = tokio::sync::watch::channel((RunReport::default(), 0));
        let task = tokio::spawn(async move {
            let note = |report: &RunReport, awaited| {
                sender.send_replace((report.clone(), awaited));
            };
            let (report, ended) = pipeline.run(stream::iter(chunks), note).await;
            ended.unwrap();
            report
        });
        Self {
            store,
            reports,
            task,
        }
    }

    /// Waits until the recorded state satisfies `is_so`.
    pub(crate) async fn until(&mut self, mut is_so: impl FnMut(&BTreeMap<Address, Value>) -> bool) {
        while !is_so(&documents(&self.store).await) {
            self.reports.changed().await.unwrap();
        }
    }
}

pub(crate) async fn documents(store: &MemoryStore) -> BTreeMap<Address, Value> {
    let query = AddressQuery::default();
    let rows: Vec<_> = store.addresses(&query).try_collect().await.unwrap();
    let rows = rows.into_iter();
    rows.map(|row| {
        (
            row.address,
            serde_json::from_str(&row.enrichment.to_json()).unwrap(),
        )
    })
    .collect()
}

/// Everything that is stored.
pub(crate) async fn everything(store: &MemoryStore) -> String {
    let (addresses, sessions, asns) = (
        AddressQuery::default(),
        SessionQuery::default(),
        AsnQuery::default(),
    );
    let addresses: Vec<_> = store.addresses(&addresses).try_collect().await.unwrap();
    let sessions: Vec<_> = store.sessions(&sessions).try_collect().await.unwrap();
    let asns: Vec<_> = store.asns(&asns).try_collect().await.unwrap();
    let of_each = addresses.iter().map(|row| store.history(row.address));
    let history: Vec<_> = stream::iter(of_each)
        .then(|it| it)
        .try_collect()
        .await
        .unwrap();
    format!("{addresses:#?}\n{sessions:#?}\n{asns:#?}\n{history:#?}")
}
