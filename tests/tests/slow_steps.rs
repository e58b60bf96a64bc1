//! Results of fast steps are recorded at once, those of slow steps as they come, and the final inventory is the same as
//! if all had come at once.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::cascade::{Cascade, Step};
use ipcascade_core::clock::Clock;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, Finding, LookupFailure, Outcome};
use ipcascade_core::pipeline::{Chunk, Pipeline, RunReport};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::{
    AddressQuery, AddressUpdate, AsnQuery, Reader as _, SeenRange, SessionQuery, SessionUpdate,
    Store,
};
use ipcascade_store_memory::MemoryStore;
use ipcascade_testkit::store::fixtures::{day, nth};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::NOISE),
];

/// What a provider does about an address.
#[derive(Clone, Debug)]
enum Does {
    Know(Map<String, Value>),
    NotKnow,
    Fail,
}

/// A provider that answers from a table, each question only when permitted.
#[derive(Debug)]
struct Table {
    capabilities: Capabilities,
    does: HashMap<Address, Does>,
    may: Semaphore,
    /// How long a batch takes, on a simulated clock.
    takes: Duration,
    asked: Mutex<Vec<Address>>,
}

impl Table {
    fn new(name: &'static str, fields: &[Field], is_online: bool, may: usize) -> Self {
        let name = ProviderName::new(name);
        let mut capabilities = Capabilities::online(name, fields.to_vec(), TimeDelta::days(7));
        capabilities.online = is_online;
        Self {
            capabilities,
            does: HashMap::new(),
            may: Semaphore::new(may),
            takes: Duration::ZERO,
            asked: Mutex::default(),
        }
    }

    fn knows(mut self, address: Address, fields: Value) -> Self {
        let Value::Object(fields) = fields else {
            panic!("not a section: {fields}")
        };
        self.does.insert(address, Does::Know(fields));
        self
    }

    fn asked(&self) -> Vec<Address> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Table {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked.lock().unwrap().extend(addresses);
        tokio::time::sleep(self.takes).await;
        let mut outcomes = Vec::new();
        for address in addresses {
            self.may.acquire().await.unwrap().forget();
            outcomes.push(match self.does.get(address) {
                Some(Does::Know(fields)) => Outcome::Found(Finding {
                    fields: fields.clone().into(),
                    prefix: None,
                }),
                Some(Does::NotKnow) | None => Outcome::NotFound,
                Some(Does::Fail) => Outcome::Failed(LookupFailure::transient("down")),
            });
        }
        Answers::unversioned(outcomes)
    }
}

fn step(provider: &Arc<Table>, if_missing: &[Field]) -> Step {
    Step {
        provider: Arc::<Table>::clone(provider),
        if_missing: if_missing.to_vec(),
        private: false,
    }
}

fn policy(steps: &[Step]) -> Policy {
    let sources = steps.iter().map(|step| PolicySource {
        name: step.provider.capabilities().name,
        fields: FIELDS.into(),
    });
    Policy::new(sources.collect())
}

/// A chunk in which each address has this many sessions.
fn chunk(addresses: &[(Address, usize)]) -> Chunk {
    let update = |&(address, sessions): &(Address, usize)| AddressUpdate {
        seen: Some(SeenRange::at(day(1))),
        sessions: (0..sessions)
            .map(|session| SessionUpdate {
                id: format!("{address}#{session}"),
                sensor: None,
                events: Some(SeenRange::at(day(1))),
                event_count: 1,
                event_ids: Default::default(),
            })
            .collect(),
        ..AddressUpdate::new(address)
    };
    Chunk {
        updates: addresses.iter().map(update).collect(),
        lookups: addresses.len(),
        unplaced: Vec::new(),
    }
}

/// A run in the background of the test.
struct Run {
    store: Arc<MemoryStore>,
    reports: tokio::sync::watch::Receiver<(RunReport, usize)>,
    task: tokio::task::JoinHandle<RunReport>,
}

impl Run {
    fn start(steps: Vec<Step>, policy: Policy, chunks: Vec<Chunk>) -> Self {
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
    async fn until(&mut self, mut is_so: impl FnMut(&BTreeMap<Address, Value>) -> bool) {
        while !is_so(&documents(&self.store).await) {
            self.reports.changed().await.unwrap();
        }
    }
}

async fn documents(store: &MemoryStore) -> BTreeMap<Address, Value> {
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
async fn everything(store: &MemoryStore) -> String {
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

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_an_answer_but_itself() {
    let all: Vec<Address> = (1..=40).map(nth).collect();
    let fast = all.iter().fold(
        Table::new("fast", &[Field::ASN], false, 1000),
        |table, &it| table.knows(it, json!({"asn": 1})),
    );
    let slow = all.iter().fold(
        Table::new("slow", &[Field::NOISE], true, 0),
        |table, &it| table.knows(it, json!({"noise": true})),
    );
    let (fast, slow) = (Arc::new(fast), Arc::new(slow));
    let steps = vec![step(&fast, &[]), step(&slow, &[])];
    let policy = policy(&steps);
    let chunks = all.chunks(10).map(|some| {
        let some: Vec<_> = some.iter().map(|&it| (it, 1)).collect();
        chunk(&some)
    });
    let mut run = Run::start(steps, policy, chunks.collect());
    run.until(|stored| stored.values().filter(|it| it["fast"]["asn"] == 1).count() == 40)
        .await;
    // One answer after the other, each of which is stored before the next one arrives.
    for answered in 1..=40 {
        slow.may.add_permits(1);
        run.until(|stored| {
            let has_answer = |it: &&Value| it["slow"]["noise"] == true;
            stored.values().filter(has_answer).count() == answered
        })
        .await;
    }
    let report = run.task.await.unwrap();
    assert_eq!((report.addresses, report.fresh), (40, 0));
    let tallies: Vec<_> = report
        .providers
        .iter()
        .map(|it| (it.asked, it.found))
        .collect();
    assert_eq!(tallies, [(40, 40), (40, 40)]);
    assert_eq!(slow.asked().len(), 40);
}

#[tokio::test(start_paused = true)]
async fn where_an_address_is_from_is_recorded_when_all_are_asked_that_decide_it() {
    let [settled, missing, preferred] = [nth(1), nth(2), nth(3)];
    let fast = Table::new("fast", &[Field::ASN, Field::COUNTRY], false, 1000)
        .knows(settled, json!({"asn": 1, "country": "NL"}))
        .knows(missing, json!({"country": "NL"}))
        .knows(preferred, json!({"asn": 1, "country": "NL"}));
    let slow = Table::new("slow", &[Field::ASN], true, 0)
        .knows(missing, json!({"asn": 2}))
        .knows(preferred, json!({"asn": 3}));
    for is_preferred in [false, true] {
        let (fast, slow) = (Arc::new(copy(&fast, 1000)), Arc::new(copy(&slow, 0)));
        let if_missing: &[Field] = if is_preferred { &[] } else { &[Field::ASN] };
        let steps = vec![step(&fast, &[]), step(&slow, if_missing)];
        let mut policy = policy(&steps);
        if is_preferred {
            policy = policy.prefer(Field::ASN, vec![slow.capabilities.name]);
        }
        let chunk = chunk(&[(settled, 1), (missing, 1), (preferred, 1)]);
        let mut run = Run::start(steps, policy, vec![chunk]);
        run.until(|stored| stored.len() == 3).await;
        let decided: Vec<bool> = documents(&run.store)
            .await
            .into_values()
            .map(|it| it.get("fast").is_some())
            .collect();
        assert_eq!(decided, [!is_preferred, false, !is_preferred]);
        let sessions = SessionQuery::default();
        let sessions: Vec<_> = run.store.sessions(&sessions).try_collect().await.unwrap();
        assert_eq!(sessions.len(), 3, "that they were seen is known");
        slow.may.add_permits(3);
        run.task.await.unwrap();
        let expected = [1, 2, if is_preferred { 3 } else { 1 }];
        for (address, asn) in [settled, missing, preferred].into_iter().zip(expected) {
            let history = run.store.history(address).await.unwrap();
            let asns: Vec<u32> = history.iter().map(|row| row.asn.get()).collect();
            assert_eq!(asns, [asn], "{address}");
        }
        let sessions = SessionQuery::default();
        let sessions: Vec<_> = run.store.sessions(&sessions).try_collect().await.unwrap();
        let snapshots = sessions.iter().map(|row| row.snapshot_asn.unwrap().get());
        assert_eq!(snapshots.collect::<Vec<_>>(), expected);
    }
}

fn copy(table: &Table, may: usize) -> Table {
    Table {
        capabilities: table.capabilities.clone(),
        does: table.does.clone(),
        may: Semaphore::new(may),
        takes: table.takes,
        asked: Mutex::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_scarce_goes_to_those_with_most_sessions_of_all_that_wait() {
    let mut scarce = Table::new("scarce", &[Field::NOISE], true, 0);
    scarce.capabilities.scarce = true;
    scarce.capabilities.concurrency = 1;
    let scarce = Arc::new(scarce);
    let steps = vec![step(&scarce, &[])];
    let policy = policy(&steps);
    let chunks = vec![
        chunk(&[(nth(1), 2), (nth(2), 3)]),
        chunk(&[(nth(3), 1), (nth(4), 9)]),
        chunk(&[(nth(5), 5)]),
    ];
    let mut run = Run::start(steps, policy, chunks);
    run.until(|stored| stored.len() == 5).await;
    let first = scarce.asked()[0];
    scarce.may.add_permits(5);
    run.task.await.unwrap();
    let rest = [4, 5, 2, 1, 3]
        .map(nth)
        .into_iter()
        .filter(|it| *it != first);
    let expected: Vec<_> = std::iter::once(first).chain(rest).collect();
    assert_eq!(scarce.asked(), expected);
}

/// What a provider of the random test does about each address, and how it is asked.
#[derive(Clone, Debug)]
struct Answering {
    does: Vec<Does>,
    if_missing: Vec<Field>,
    is_online: bool,
    batch_size: usize,
}

fn any_step() -> impl Strategy<Value = Answering> {
    let fields = [Field::ASN, Field::COUNTRY, Field::NOISE];
    let known = (0..4_u32, 0..3_usize).prop_map(|(asn, country)| {
        let mut known = Map::new();
        if asn > 0 {
            known.insert("asn".to_owned(), json!(asn));
            known.insert("asn_org".to_owned(), json!(format!("Org {asn}")));
        }
        if country > 0 {
            known.insert("country".to_owned(), json!(["NL", "DE"][country - 1]));
        }
        Does::Know(known)
    });
    let does = prop_oneof![4 => known, 1 => Just(Does::NotKnow), 1 => Just(Does::Fail)];
    (
        prop::collection::vec(does, 6),
        prop::sample::subsequence(fields.to_vec(), 0..=2),
        any::<bool>(),
        1..4_usize,
    )
        .prop_map(|(does, if_missing, is_online, batch_size)| Answering {
            does,
            if_missing,
            is_online,
            batch_size,
        })
}

/// What is stored and what is counted, with these steps.
async fn outcome(
    some: &[Answering],
    prefer: &[usize],
    is_staged: bool,
) -> (String, Vec<(u64, u64, u64, u64)>) {
    const NAMES: [&str; 3] = ["one", "two", "three"];
    let addresses: Vec<Address> = (1..=6).map(nth).collect();
    let steps = some.iter().zip(NAMES).map(|(some, name)| {
        let fields = [Field::ASN, Field::COUNTRY, Field::NOISE];
        let is_online = some.is_online && is_staged;
        let mut table = Table::new(name, &fields, is_online, 1000);
        table.capabilities.batch_size = some.batch_size;
        // So long that the results so far are recorded in the meantime.
        table.takes = Duration::from_millis(if is_online { 1500 } else { 0 });
        table.does = addresses
            .iter()
            .copied()
            .zip(some.does.iter().cloned())
            .collect();
        step(&Arc::new(table), &some.if_missing)
    });
    let steps: Vec<Step> = steps.collect();
    let prefer = prefer.iter().map(|&place| ProviderName::new(NAMES[place]));
    let policy = policy(&steps).prefer(Field::ASN, prefer.collect());
    let chunks = [&addresses[..4], &addresses[4..]].map(|some| {
        let some: Vec<_> = some.iter().map(|&it| (it, 2)).collect();
        chunk(&some)
    });
    let run = Run::start(steps, policy, chunks.into());
    let report = run.task.await.unwrap();
    let tallies = report.providers.iter();
    let tallies = tallies.map(|it| (it.found, it.not_found, it.failed, it.not_needed));
    (everything(&run.store).await, tallies.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn in_stages_the_outcome_is_that_of_all_at_once(
        steps in prop::collection::vec(any_step(), 1..=3),
        prefer in prop::sample::subsequence(vec![2, 1, 0], 0..=3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let places: Vec<usize> = prefer.into_iter().filter(|&it| it < steps.len()).collect();
        let staged = runtime.block_on(outcome(&steps, &places, true));
        let at_once = runtime.block_on(outcome(&steps, &places, false));
        prop_assert_eq!(staged, at_once);
    }
}
