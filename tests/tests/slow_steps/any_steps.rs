//! Whatever the steps answer and however they are asked, the same is stored.

use std::sync::Arc;
use std::time::Duration;

use ipcascade_core::address::Address;
use ipcascade_core::cascade::Step;
use ipcascade_core::field::Field;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_testkit::store::fixtures::nth;
use proptest::prelude::*;
use serde_json::{Map, json};

use crate::run::{Run, everything};
use crate::table::{Does, Table, chunk, policy, step};

/// What a provider of the random test does about each address, and how it is asked.
#[derive(Clone, Debug)]
struct Answering {
    pub(crate) does: Vec<Does>,
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
