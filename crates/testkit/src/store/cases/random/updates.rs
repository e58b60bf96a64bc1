//! Random sequences of batches, recorded by the store and by the model.

use std::collections::HashSet;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressUpdate, Answer, AsnQuery, SessionQuery};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::model::Model;
use crate::store::StoreSubject;
use crate::store::fixtures::{
    GEO, NOISE, WHOIS, address, asn, day, failed, found, geo, looked_up, no_fields, nothing, nth,
    second, session, whois,
};
use crate::store::trial::Trial;

const CASES: u32 = 12;
const ADDRESSES: u32 = 6;
const ASNS: u32 = 4;

/// An update with times relative to the batch.
#[derive(Clone, Debug)]
pub(in crate::store::cases) struct RandomUpdate {
    address: u32,
    seen: Option<(i64, i64)>,
    sessions: Vec<(u8, bool, i64, i64, u64)>,
    answers: Vec<(u8, RandomAnswer, i64)>,
}

#[derive(Clone, Debug)]
enum RandomAnswer {
    Origin(u32),
    NoOrigin,
    Nothing,
    Failed,
}

/// Generates any update.
pub(in crate::store::cases) fn step() -> impl Strategy<Value = RandomUpdate> {
    let said = prop_oneof![
        5 => (0..ASNS).prop_map(RandomAnswer::Origin),
        1 => Just(RandomAnswer::NoOrigin),
        1 => Just(RandomAnswer::Nothing),
        1 => Just(RandomAnswer::Failed),
    ];
    let seen = prop::option::of((0..50_i64, 0..50_i64));
    let session = (0..3_u8, any::<bool>(), 0..50_i64, 0..20_i64, 1..9_u64);
    let answer = (0..3_u8, said, 0..4_i64);
    (
        0..ADDRESSES,
        seen,
        prop::collection::vec(session, 0..3),
        prop::collection::vec(answer, 0..3),
    )
        .prop_map(|(address, seen, sessions, answers)| RandomUpdate {
            address,
            seen,
            sessions,
            answers,
        })
}

impl RandomUpdate {
    /// The update to record at `now`.
    pub(in crate::store::cases) fn update(&self, now: Timestamp) -> AddressUpdate {
        // The last is not global: it is marked, and no provider is asked.
        let bogon = address("10.0.0.1");
        let is_bogon = self.address + 1 == ADDRESSES;
        let address = if is_bogon { bogon } else { nth(self.address) };
        let answers = self.answers.iter().filter(|_| !is_bogon);
        let sessions = self
            .sessions
            .iter()
            .map(|&(id, north, first, length, count)| {
                let id = format!("{}-{id}", self.address);
                let sensor = if north { "north" } else { "south" };
                session(&id, sensor, (first, first + length), count)
            });
        let mut update = looked_up(address, answers.map(|answer| said(answer, now)).collect());
        update.special_purpose = special_purpose(address);
        update.sessions = sessions.collect();
        update.seen = self
            .seen
            .map(|(first, length)| ipcascade_core::store::SeenRange {
                first: second(first),
                last: second(first + length),
            });
        update
    }
}

fn said((provider, said, age): &(u8, RandomAnswer, i64), now: Timestamp) -> Answer {
    let at = now - chrono::TimeDelta::days(*age);
    let provider = [GEO, WHOIS, NOISE][usize::from(*provider)];
    match said {
        RandomAnswer::Origin(number) if provider == GEO => geo(65000 + number, "Org", "NL", at),
        RandomAnswer::Origin(number) if provider == WHOIS => whois(65000 + number, "ORG", "DE", at),
        RandomAnswer::Origin(_) | RandomAnswer::NoOrigin => found(provider, no_fields().into(), at),
        RandomAnswer::Nothing => nothing(provider, at),
        RandomAnswer::Failed => failed(provider, at, day(99)),
    }
}

/// Rows, history, sessions, snapshots and statistics agree after every batch.
pub async fn any_sequence_of_batches_agrees_with_the_model(subject: Box<dyn StoreSubject>) {
    let batches = prop::collection::vec((prop::collection::vec(step(), 0..8), 1..9_usize), 1..7);
    let config = Config {
        cases: CASES,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let run = |batches: Vec<(Vec<RandomUpdate>, usize)>| {
            runtime.block_on(async {
                let trial = Trial::new(subject.sibling().await).await;
                follow(&trial, &batches).await;
                trial.store.close().await;
            });
            Ok(())
        };
        if let Err(error) = TestRunner::new(config).run(&batches, run) {
            panic!("{error}");
        }
    });
}

/// Records the steps, splitting each batch into pieces of the given length.
async fn follow(trial: &Trial, batches: &[(Vec<RandomUpdate>, usize)]) {
    let mut model = Model::default();
    for (timestamp, (steps, length)) in (10..).zip(batches) {
        // A run looks each address up once.
        let mut asked = HashSet::new();
        let pieces = steps.chunks(*length).map(|piece| {
            let mut updates: Vec<AddressUpdate> = piece
                .iter()
                .map(|step| step.update(day(timestamp)))
                .collect();
            for update in &mut updates {
                if asked.contains(&update.address) {
                    update.answers.clear();
                }
            }
            let answered = updates.iter().filter(|update| !update.answers.is_empty());
            asked.extend(answered.map(|update| update.address));
            updates
        });
        let pieces: Vec<Vec<AddressUpdate>> = pieces.collect();
        let known = model.addresses.len();
        for piece in &pieces {
            model.record(piece, day(timestamp));
        }
        let report = trial.record_in_pieces(pieces, day(timestamp)).await;
        let new = u64::try_from(model.addresses.len() - known).expect("small");
        assert_eq!(report.addresses_new, new);
        compare_addresses(trial, &model).await;
        compare_sessions(trial, &model).await;
        compare_systems(trial, &model).await;
    }
}

async fn compare_addresses(trial: &Trial, model: &Model) {
    assert_eq!(
        trial.inventory_state().await.address_count(),
        model.addresses.len()
    );
    for (&address, expected) in &model.addresses {
        let row = trial.address(address).await;
        assert_eq!(row.current_asn, expected.origin(), "origin of {address}");
        assert_eq!(
            (row.first_seen, row.last_seen),
            expected.seen,
            "{address} was seen"
        );
        assert_eq!(
            row.session_count,
            model.session_count(address),
            "sessions of {address}"
        );
        assert_eq!(
            row.enrichment_updated_at, expected.answered_at,
            "{address} answered"
        );
        assert_eq!(
            row.enrichment.is_special(),
            expected.special,
            "{address} special"
        );
        assert_eq!(
            trial.attributions(address).await,
            expected.history,
            "history of {address}"
        );
        for provider in [GEO, WHOIS, NOISE] {
            let section = row.enrichment.section(provider.as_str());
            let at = section.and_then(|section| section.cached_at());
            assert_eq!(
                at,
                expected.said.get(&provider).map(|said| said.1),
                "{address} {provider}"
            );
            let retry = row
                .enrichment
                .failure(provider.as_str())
                .map(|failure| failure.retry_at);
            assert_eq!(
                retry,
                expected.failures.get(&provider).copied(),
                "{address} {provider}"
            );
        }
    }
}

async fn compare_sessions(trial: &Trial, model: &Model) {
    type ComparedKey = (
        Option<Address>,
        Option<String>,
        Option<Timestamp>,
        Option<Timestamp>,
    );
    let mut stored: Vec<(ComparedKey, u64, Option<u32>, bool)> = trial
        .sessions(&SessionQuery::default())
        .await
        .into_iter()
        .map(|row| {
            let key = (
                row.source_ip,
                row.sensor,
                row.first_event_at,
                row.last_event_at,
            );
            let snapshot = row.snapshot_asn.map(|asn| asn.get());
            (key, row.event_count, snapshot, row.enrichment_at.is_some())
        })
        .collect();
    let mut expected: Vec<(ComparedKey, u64, Option<u32>, bool)> = model
        .sessions
        .iter()
        .map(|((_, sensor), row)| {
            let (first, last) = (Some(row.events.0), Some(row.events.1));
            let key = (Some(row.address), sensor.clone(), first, last);
            let snapshot = row.snapshot.flatten().map(|asn| asn.get());
            (key, row.event_count, snapshot, row.snapshot.is_some())
        })
        .collect();
    stored.sort_unstable();
    expected.sort_unstable();
    assert_eq!(stored, expected, "sessions");
}

async fn compare_systems(trial: &Trial, model: &Model) {
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    let stored: Vec<_> = trial
        .asns(&all)
        .await
        .into_iter()
        .map(|row| (row.asn, (row.unique_ip_count, row.total_session_count)))
        .collect();
    let expected: Vec<_> = model
        .asns
        .iter()
        .map(|&asn| (asn, model.statistics(asn)))
        .collect();
    assert_eq!(stored, expected, "systems");
    assert!(stored.iter().all(|(number, _)| *number >= asn(65000)));
}
