//! Plans the address rows, and the AS rows that they need.

use std::collections::{BTreeMap, HashMap};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    AddressRow, AddressUpdate, Batch, HistoryRow, SeenRange, SessionUpdate,
};

use crate::plan::address_repair::attributed_since;
use crate::plan::answers::apply_answers;
use crate::plan::evidence::EvidenceTally;
use crate::plan::planned_batch::{Change, KnownAddress, Plan, PlannedAddress, PlannedAsn};

/// Plans the rows for `batch` from those in `existing`, which must contain the row of every address of the batch that
/// has one.
pub fn plan<'b>(batch: &Batch<'b>, mut existing: HashMap<Address, KnownAddress>) -> Plan<'b> {
    let mut updates: Vec<&AddressUpdate> = batch.updates.iter().collect();
    updates.sort_by_key(|update| update.address);
    let of_addresses = updates.chunk_by(|one, other| one.address == other.address);
    let mut addresses: Vec<PlannedAddress<'b>> = of_addresses
        .filter_map(|updates| {
            let address = updates.first()?.address;
            let before = existing.remove(&address);
            let is_gone = before.is_none() && updates.iter().all(|update| update.only_if_stored);
            (!is_gone).then(|| plan_address(batch, address, before, updates))
        })
        .collect();
    addresses.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Plan {
        asns: asns(batch, &addresses),
        addresses,
    }
}

fn plan_address<'b>(
    batch: &Batch<'b>,
    address: Address,
    before: Option<KnownAddress>,
    updates: &[&'b AddressUpdate],
) -> PlannedAddress<'b> {
    let seen = updates
        .iter()
        .filter_map(|update| update.seen)
        .reduce(SeenRange::and);
    let (before, share) = before.map(|known| (known.row, known.share)).unzip();
    let is_new = before.is_none();
    let mut row = before.unwrap_or_else(|| {
        let mut row = AddressRow::new(address, batch.now);
        if let Some(seen) = seen {
            (row.first_seen, row.last_seen) = (seen.first, seen.last);
        }
        row
    });
    let asn_before = row.current_asn.filter(|_| !is_new);
    let asn_before = asn_before.map(|asn| (asn, attributed_since(&row)));
    let seen_before = (row.first_seen, row.last_seen);
    if let Some(seen) = seen {
        row.first_seen = row.first_seen.min(seen.first);
        row.last_seen = row.last_seen.max(seen.last);
    }
    let had_answers = row.enrichment_updated_at.is_some();
    let has_news =
        |update: &&AddressUpdate| !update.answers.is_empty() || update.special_purpose.is_some();
    let (mut change, mut source) = (Change::Nothing, None);
    if updates.iter().any(has_news) {
        let before = row.clone();
        source = apply_answers(batch, &mut row, updates);
        if before != row {
            change = Change::Answers;
        }
    }
    if change == Change::Nothing && (row.first_seen, row.last_seen) != seen_before {
        change = Change::Seen;
    }
    let moved = asn_before.map(|(asn, _)| asn) != row.current_asn;
    let history = row.current_asn.filter(|_| moved).map(|asn| HistoryRow {
        address,
        asn,
        observed_at: batch.now,
        verification_source: source.map(str::to_owned),
    });
    let takes_snapshots = !had_answers && row.enrichment_updated_at.is_some();
    let sessions: Vec<&SessionUpdate> =
        updates.iter().flat_map(|update| &update.sessions).collect();
    PlannedAddress {
        key: address.to_string(),
        before: share,
        change,
        asn_before,
        history,
        takes_snapshots,
        sessions,
        row,
    }
}

fn asns(batch: &Batch<'_>, addresses: &[PlannedAddress<'_>]) -> BTreeMap<Asn, PlannedAsn> {
    let mut tallies: BTreeMap<Asn, (SeenRange, EvidenceTally)> = BTreeMap::new();
    let is_new_or_answered =
        |planned: &&PlannedAddress<'_>| planned.is_new() || planned.change == Change::Answers;
    for planned in addresses.iter().filter(is_new_or_answered) {
        let row = &planned.row;
        let Some(asn) = row.current_asn else { continue };
        let seen = SeenRange {
            first: row.first_seen,
            last: row.last_seen,
        };
        let (span, tally) = tallies
            .entry(asn)
            .or_insert_with(|| (seen, EvidenceTally::default()));
        *span = span.and(seen);
        if row.enrichment_updated_at == Some(batch.now) {
            tally.add(batch.policy.asn_evidence(asn, row.address, &row.enrichment));
        }
    }
    tallies
        .into_iter()
        .map(|(asn, (seen, tally))| {
            (
                asn,
                PlannedAsn {
                    seen,
                    evidence: tally.best(batch.policy),
                },
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::{Timestamp, parse_timestamp};
    use ipcascade_core::document::RecordedFailure;
    use ipcascade_core::field::{Field, FieldSource};
    use ipcascade_core::policy::{Policy, PolicySource};
    use ipcascade_core::provider_name::ProviderName;
    use ipcascade_core::section::Section;
    use ipcascade_core::special_purpose::special_purpose;
    use ipcascade_core::store::Answer;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::deltas::Share;
    use crate::session_count::SessionCount;

    const GEO: ProviderName = ProviderName::new("geo");
    const WHOIS: ProviderName = ProviderName::new("whois");
    const FIELDS: &[FieldSource] = &[
        FieldSource::same(Field::ASN),
        FieldSource::same(Field::ASN_ORG),
    ];

    fn policy() -> Policy {
        Policy::new(vec![
            PolicySource {
                name: GEO,
                fields: FIELDS.into(),
            },
            PolicySource {
                name: WHOIS,
                fields: FIELDS.into(),
            },
        ])
    }

    fn day(day: u32) -> Timestamp {
        parse_timestamp(&format!("2026-01-{day:02}")).unwrap()
    }

    fn found(provider: ProviderName, asn: u32, cached_at: Timestamp) -> Answer {
        let fields = Map::from_iter([("asn".to_owned(), json!(asn))]);
        Answer {
            provider,
            result: Ok(Section::found(fields, None, None, cached_at)),
        }
    }

    fn known(row: &AddressRow) -> KnownAddress {
        KnownAddress {
            row: row.clone(),
            share: Share::of_row(row, SessionCount::of_rows(0)),
        }
    }

    fn run(
        rows: &mut HashMap<Address, AddressRow>,
        updates: &[AddressUpdate],
        now: u32,
    ) -> Plan<'static> {
        let batch = Batch {
            updates: updates.to_vec().leak(),
            policy: Box::leak(Box::new(policy())),
            now: day(now),
        };
        let existing = rows.iter().map(|(address, row)| (*address, known(row)));
        let plan = plan(&batch, existing.collect());
        for planned in &plan.addresses {
            rows.insert(planned.row.address, planned.row.clone());
        }
        plan
    }

    fn update(address: &str, answers: Vec<Answer>) -> AddressUpdate {
        AddressUpdate {
            answers,
            ..AddressUpdate::new(address.parse().unwrap())
        }
    }

    #[test]
    fn a_move_leaves_a_history_row_and_a_refresh_does_not_touch_sightings() {
        let mut rows = HashMap::new();
        let mut first = update("198.41.0.4", vec![found(GEO, 1, day(1))]);
        first.seen = Some(SeenRange::at(day(1)));
        let plan = run(&mut rows, &[first], 2);
        assert!(plan.addresses[0].is_new() && plan.addresses[0].takes_snapshots);
        assert_eq!(
            plan.addresses[0].history.as_ref().unwrap().asn,
            Asn::new(1).unwrap()
        );

        let plan = run(
            &mut rows,
            &[update("198.41.0.4", vec![found(GEO, 2, day(3))])],
            3,
        );
        let moved = &plan.addresses[0];
        assert!(moved.left().is_some() && !moved.takes_snapshots);
        assert_eq!(moved.row.last_seen, day(1), "a refresh is not a sighting");
        assert_eq!(
            moved
                .history
                .as_ref()
                .unwrap()
                .verification_source
                .as_deref(),
            Some("geo")
        );
    }

    #[test]
    fn failures_keep_the_attribution_and_not_found_ends_it() {
        let mut rows = HashMap::new();
        run(
            &mut rows,
            &[update("198.41.0.4", vec![found(GEO, 1, day(1))])],
            1,
        );
        let failure = RecordedFailure {
            failed_at: day(2),
            retry_at: day(3),
            error: "refused".into(),
        };
        let failed = Answer {
            provider: GEO,
            result: Err(failure),
        };
        let plan = run(&mut rows, &[update("198.41.0.4", vec![failed])], 2);
        assert_eq!(plan.addresses[0].row.current_asn, Asn::new(1));
        let gone = Answer {
            provider: GEO,
            result: Ok(Section::not_found(None, day(3))),
        };
        let plan = run(&mut rows, &[update("198.41.0.4", vec![gone])], 3);
        assert_eq!(plan.addresses[0].row.current_asn, None);
        assert!(plan.addresses[0].left().is_some() && plan.addresses[0].history.is_none());
    }

    #[test]
    fn special_addresses_are_marked_and_lose_their_as() {
        let address: Address = "10.0.0.1".parse().unwrap();
        let mut row = AddressRow::new(address, day(1));
        row.current_asn = Asn::new(7);
        let mut rows = HashMap::from([(address, row)]);
        let mut bogon = update("10.0.0.1", Vec::new());
        bogon.special_purpose = special_purpose(address);
        let plan = run(&mut rows, &[bogon], 2);
        assert_eq!(plan.addresses[0].row.current_asn, None);
        assert!(plan.addresses[0].row.enrichment.is_special() && plan.asns.is_empty());
    }

    proptest! {
        /// The final row does not depend on how its updates were cut into batches.
        #[test]
        fn batching_does_not_matter(
            days in prop::collection::vec((1..28_u32, any::<bool>(), 1..4_u32), 1..12),
            cut in 0..12_usize,
        ) {
            let updates: Vec<AddressUpdate> = days
                .iter()
                .enumerate()
                .map(|(index, &(seen, geo, asn))| {
                    let provider = if geo { GEO } else { WHOIS };
                    let at = day(1) + chrono::TimeDelta::seconds(i64::try_from(index).unwrap());
                    let mut update = update("198.41.0.4", vec![found(provider, asn, at)]);
                    update.seen = Some(SeenRange::at(day(seen)));
                    update
                })
                .collect();
            let mut at_once = HashMap::new();
            run(&mut at_once, &updates, 28);
            let mut in_two = HashMap::new();
            let (head, tail) = updates.split_at(cut.min(updates.len()));
            run(&mut in_two, head, 28);
            run(&mut in_two, tail, 28);
            prop_assert_eq!(at_once, in_two);
        }

        /// The same batch again changes nothing.
        #[test]
        fn repeating_a_batch_changes_nothing(seen in 1..28_u32, asn in 1..4_u32) {
            let mut update = update("198.41.0.4", vec![found(GEO, asn, day(1))]);
            update.seen = Some(SeenRange::at(day(seen)));
            let mut rows = HashMap::new();
            run(&mut rows, std::slice::from_ref(&update), 28);
            let plan = run(&mut rows, &[update], 28);
            prop_assert!(plan.addresses[0].change == Change::Nothing && plan.addresses[0].history.is_none());
        }
    }
}
