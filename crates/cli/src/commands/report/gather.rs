//! Reads what a report states from a store.

use std::cmp::Reverse;
use std::sync::Arc;

use futures::TryStreamExt as _;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AsnQuery, Check, ListCondition, ListOrder, ListValue, Move,
    SessionListColumn, SessionQuery, Store, StoreResult, VerifyOptions,
};

use crate::commands::block_counts;
use crate::commands::report::activity::{Spans, plausible};
use crate::commands::report::addresses::AddressCounts;
use crate::commands::report::asns::KnownAsns;
use crate::commands::report::figures::{Figures, InvariantFigures};
use crate::commands::report::found::Found;
use crate::commands::report::period::Period;
use crate::commands::report::question::Question;
use crate::commands::report::subject::{Subject, Verify};
use crate::output::Progress;
use crate::report::CliError;

/// More addresses than this are many.
const LARGE: u64 = 1_000_000;

/// Reads the store and joins what is found.
pub(super) async fn gather(
    store: &dyn Store,
    subject: &Subject,
    question: Arc<Question>,
    progress: &Progress,
) -> Result<Figures, CliError> {
    let period = subject.period;
    let seen = match period.since {
        Some(_) => None,
        None => seen(store, period, subject.now).await?,
    };
    let spans = Spans::of(period, seen);
    let sessions = async |period| store.activity(&spans.query(subject, period)).await;
    // One after the other: a pool may have one connection, and each of them keeps all cores busy.
    let addresses = addresses(store, subject, &question, progress).await?;
    let before = match period.before() {
        Some(before) => Some(sessions(before).await?),
        None => None,
    };
    let sessions = sessions(period).await?;
    let (moves, move_count) = moves(store, subject, &question).await?;
    let known = known_asns(store).await?;
    let is_large = known.values().map(|asn| asn.address_count).sum::<u64>() > LARGE;
    let invariants = match subject.verify {
        Verify::No => None,
        Verify::IfSmall if is_large => None,
        Verify::Yes | Verify::IfSmall => Some(invariants(store, subject, &question).await?),
    };
    let found = Found {
        spans,
        sessions,
        before,
        addresses,
        moves,
        move_count,
        known,
    };
    Ok(found.figures(store.describe(), subject, &question, invariants))
}

/// When the first session and the last one took place.
async fn seen(
    store: &dyn Store,
    period: Period,
    now: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>, CliError> {
    let by = SessionListColumn::LastEventAt;
    let (first, last) = plausible(now).into_inner();
    let last = period.bound().map_or(last, |until| until.min(last));
    let conditions = vec![
        (by, ListCondition::AtLeast(ListValue::Timestamp(first))),
        (by, ListCondition::AtMost(ListValue::Timestamp(last))),
    ];
    let at_the_end = async |greatest_first| {
        let query = SessionQuery {
            order: ListOrder { by, greatest_first },
            limit: Some(1),
            conditions: conditions.clone(),
            ..SessionQuery::default()
        };
        let mut rows = store.sessions(&query);
        let row = rows.try_next().await?;
        StoreResult::Ok(row.and_then(|row| row.last_event_at))
    };
    let (first, last) = (at_the_end(false).await?, at_the_end(true).await?);
    Ok(first.zip(last))
}

async fn addresses(
    store: &dyn Store,
    subject: &Subject,
    question: &Arc<Question>,
    progress: &Progress,
) -> Result<AddressCounts, CliError> {
    let until = subject.period.bound().map(|until| {
        let until = ListCondition::AtMost(ListValue::Timestamp(until));
        (AddressListColumn::FirstSeen, until)
    });
    let query = AddressQuery {
        asn: subject.asn,
        seen_since: subject.period.since,
        conditions: until.into_iter().collect(),
        ..AddressQuery::default()
    };
    let new = || AddressCounts::new(question);
    let counted = block_counts::count(store.address_blocks(&query), new, progress).await?;
    let mut addresses = counted.tally;
    addresses.unreadable = counted.unreadable;
    Ok(addresses)
}

/// The latest moves in the period, and how many there are.
async fn moves(
    store: &dyn Store,
    subject: &Subject,
    question: &Question,
) -> Result<(Vec<Move>, u64), CliError> {
    let until = subject.period.bound();
    let is_meant = |moved: &Move| {
        let at = moved.observed_at;
        subject.period.since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at <= until)
            && subject
                .asn
                .is_none_or(|asn| moved.from == asn || moved.to == asn)
    };
    let mut moves = store
        .moves()
        .try_filter(|moved| futures::future::ready(is_meant(moved)))
        .try_chunks(1000);
    let (mut latest, mut count): (Vec<Move>, u64) = (Vec::new(), 0);
    while let Some(some) = moves.try_next().await.map_err(|error| error.1)? {
        let some = in_country(store, subject, question, some).await?;
        count += some.len() as u64;
        latest.extend(some);
        latest.sort_by_key(|moved| (Reverse(moved.observed_at), moved.address));
        latest.truncate(subject.limit);
    }
    Ok((latest, count))
}

/// Those of addresses in the country that the report is about.
async fn in_country(
    store: &dyn Store,
    subject: &Subject,
    question: &Question,
    moves: Vec<Move>,
) -> Result<Vec<Move>, CliError> {
    if subject.country.is_none() {
        return Ok(moves);
    }
    let addresses: Vec<_> = moves.iter().map(|moved| moved.address).collect();
    let rows = store.known(&addresses).await?;
    let is_there =
        |row: &Option<_>| row.as_ref().and_then(|row| question.country_of(row)) == subject.country;
    let moves = moves.into_iter().zip(&rows);
    Ok(moves
        .filter(|(_, row)| is_there(row))
        .map(|(moved, _)| moved)
        .collect())
}

async fn known_asns(store: &dyn Store) -> Result<KnownAsns, CliError> {
    let query = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    let rows = store.asns(&query).map_ok(|row| (row.asn, row.into()));
    Ok(rows.try_collect().await?)
}

async fn invariants(
    store: &dyn Store,
    subject: &Subject,
    question: &Question,
) -> Result<Vec<InvariantFigures>, CliError> {
    let options = VerifyOptions {
        policy: &question.policy,
        examples: 0,
        now: subject.now,
    };
    let report = store.verify(&options).await?;
    let invariants = Check::ALL.into_iter().map(|check| {
        let violation = report
            .violations
            .iter()
            .find(|violation| violation.check == check);
        InvariantFigures {
            invariant: check.rule().to_owned(),
            broken_count: violation.map_or(0, |violation| violation.count),
        }
    });
    Ok(invariants.collect())
}
