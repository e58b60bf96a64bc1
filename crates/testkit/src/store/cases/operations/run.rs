//! Random operations on the store and on the memory store: whatever is done, and whatever other programs do and leave
//! behind, both return the same reports and have equal rows after each step.

use std::time::Duration;

use chrono::TimeDelta;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::{
    AddressUpdate, BackfillOptions, DueQuery, DueSection, MigrateOptions, RepairOptions,
    SectionKey, VerifyOptions, WhenMissing, WorkClaim,
};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::super::random::RandomUpdate;
use super::compare::{ComparedRows, compared};
use super::operation::Operation;
use super::strategy;
use crate::store::cases::claims::lasting;
use crate::store::fixtures::{GEO, NOISE, WHOIS, day};
use crate::store::section_values::section_keys;
use crate::store::trial::Trial;
use crate::store::{MemorySubject, StoreSubject};

/// The number of sequences, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 16;

/// Rows and reports agree after every operation.
pub async fn any_sequence_of_operations_agrees_with_the_memory_store(
    subject: Box<dyn StoreSubject>,
) {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        let run = |operations: Vec<Operation>| {
            runtime.block_on(async {
                let ours = Trial::new(subject.sibling().await).await;
                let oracle = Trial::new(Box::new(MemorySubject::default())).await;
                follow(&ours, &oracle, &operations).await;
                ours.store.close().await;
            });
            Ok(())
        };
        if let Err(error) = runner().run(&strategy::operations(), run) {
            panic!("{error}");
        }
    });
}

/// Runs the same sequences every time, unless the environment says otherwise: `PROPTEST_CASES` for more of them,
/// `IPCASCADE_SEED` (a number) for others.
fn runner() -> TestRunner {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let config = Config {
        cases: number("PROPTEST_CASES").unwrap_or(CASES),
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("IPCASCADE_SEED").unwrap_or(0).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    TestRunner::new_with_rng(config, rng)
}

async fn follow(ours: &Trial, oracle: &Trial, operations: &[Operation]) {
    let mut now = day(10);
    for (step, operation) in operations.iter().enumerate() {
        // Both stores derive what to do from the same rows.
        let tables = oracle.subject.tables().await;
        let expected = apply(oracle, operation, &tables, now).await;
        let found = apply(ours, operation, &tables, now).await;
        let doing = format!("step {step}: {operation:?}");
        assert_eq!(found, expected, "reports (store, oracle) after {doing}");
        let rows = compared(ours.subject.tables().await, now);
        let expected = compared(oracle.subject.tables().await, now);
        assert_same(&rows, &expected, &doing);
        now += match operation {
            Operation::Wait(days) => TimeDelta::days(*days),
            _ => TimeDelta::minutes(1),
        };
    }
}

fn section(provider: ProviderName, days: i64, is_conditional: bool) -> DueSection {
    let section = lasting(provider, days);
    if !is_conditional || provider != WHOIS {
        return section;
    }
    DueSection {
        when_missing: WhenMissing::DueIfUnattributed,
        given_by: vec![SectionKey {
            provider: GEO,
            key: "asn",
        }],
        ..section
    }
}

/// The sections of the three providers that stay fresh for a number of days.
fn sections(last: &[Option<i64>; 3], is_conditional: bool) -> Vec<DueSection> {
    [GEO, WHOIS, NOISE]
        .into_iter()
        .zip(last)
        .filter_map(|(provider, days)| Some(section(provider, (*days)?, is_conditional)))
        .collect()
}

/// Shows only the differences.
fn assert_same(rows: &ComparedRows, expected: &ComparedRows, doing: &str) {
    let only = |a: &ComparedRows, b: &ComparedRows| -> Vec<String> {
        a.iter().filter(|row| !b.contains(*row)).cloned().collect()
    };
    let (ours, oracles) = (only(rows, expected), only(expected, rows));
    assert!(
        ours.is_empty() && oracles.is_empty(),
        "after {doing}\nonly the store has {ours:#?}\nonly the oracle has {oracles:#?}"
    );
}

/// Runs the operation, and returns what the store reports.
async fn apply(
    trial: &Trial,
    operation: &Operation,
    tables: &ipcascade_store_memory::Tables,
    now: Timestamp,
) -> String {
    match operation {
        Operation::Record(steps) => record(trial, steps, now).await,
        Operation::Foreign(act) => {
            trial.subject.foreign(&act.statements(tables)).await;
            String::new()
        }
        Operation::Plant(fault) => {
            trial.subject.plant_rows(&fault.statements(tables)).await;
            String::new()
        }
        Operation::Backfill {
            limit,
            since,
            batch_size,
            overwrite_metadata,
            dry_run,
        } => {
            let options = BackfillOptions {
                policy: &trial.policy,
                batch_size: *batch_size,
                limit: *limit,
                since: since.map(day),
                overwrite_metadata: *overwrite_metadata,
                dry_run: *dry_run,
                now,
            };
            format!("{:?}", trial.backfill(&options).await)
        }
        Operation::Repair {
            batch_size,
            dry_run,
        } => repair(trial, *batch_size, *dry_run, now).await,
        Operation::Claim {
            last,
            is_conditional,
            unattributed_only,
            scarce,
        } => {
            let sections = sections(last, *is_conditional);
            let due = DueQuery {
                sections: &sections,
                unattributed_only: *unattributed_only,
                now,
                scarce: *scarce,
            };
            claim(trial, due).await
        }
        Operation::Verify => verify(trial, now).await,
        Operation::Index { field, is_made } => index(trial, *field, *is_made).await,
        Operation::List(list) => list.answer(trial).await,
        Operation::Wait(_) => String::new(),
    }
}

async fn index(trial: &Trial, field: Field, is_made: bool) -> String {
    let (indexes, dropped_indexes) = match is_made {
        true => (section_keys(field), Vec::new()),
        false => (Vec::new(), section_keys(field)),
    };
    let options = MigrateOptions {
        indexes,
        dropped_indexes,
        ..MigrateOptions::default()
    };
    trial.store.migrate(&options).await.expect("indexing works");
    String::new()
}

async fn record(trial: &Trial, steps: &[(RandomUpdate, bool)], now: Timestamp) -> String {
    let update = |(step, only_if_stored): &(RandomUpdate, bool)| AddressUpdate {
        only_if_stored: *only_if_stored,
        ..step.update(now)
    };
    let updates: Vec<AddressUpdate> = steps.iter().map(update).collect();
    format!("{:?}", trial.record_only(&updates, now).await)
}

async fn repair(trial: &Trial, batch_size: u64, dry_run: bool, now: Timestamp) -> String {
    let options = RepairOptions {
        policy: &trial.policy,
        batch_size,
        dry_run,
        now,
    };
    let mut report = trial.repair(&options).await;
    // Each store visits rows in its own order: of twins in two batches the first may or may not be repaired by itself
    // before it is merged.
    if batch_size < 1000 {
        report.kept_values = report.kept_values.min(1);
    }
    format!("{report:?}")
}

/// Claims what is due, and returns the addresses, sorted.
async fn claim(trial: &Trial, due: DueQuery<'_>) -> String {
    let claim = WorkClaim {
        due,
        owner: "me",
        lease: Duration::from_secs(6 * 3600),
        limit: 1000,
    };
    let claimed = trial.store.claim(&claim).await.expect("claiming works");
    let mut claimed: Vec<_> = claimed.into_iter().map(|row| row.address).collect();
    // Sections of the same age come in any order.
    claimed.sort_unstable();
    format!("{claimed:?}")
}

async fn verify(trial: &Trial, now: Timestamp) -> String {
    let options = VerifyOptions {
        policy: &trial.policy,
        examples: usize::MAX,
        now,
    };
    let mut report = trial.store.verify(&options).await.expect("verifying works");
    for violation in &mut report.violations {
        violation.examples.sort_unstable();
    }
    format!("{report:?}")
}
