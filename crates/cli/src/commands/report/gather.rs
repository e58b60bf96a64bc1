//! Reads what a report states from a store.

use std::sync::Arc;

use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::PairCount;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{
    Activity, AddressListColumn, AddressQuery, AsnQuery, Check, ListCondition, ListOrder,
    ListValue, Move, SessionListColumn, SessionQuery, Store, StoreResult, VerifyOptions,
};

use crate::commands::report::activity::Spans;
use crate::commands::report::addresses::{AddressCounts, Question};
use crate::commands::report::asns::{KnownAsns, asns, counts_of, name_of, new_asns, organizations};
use crate::commands::report::figures::{
    CountryFigures, DisagreementFigures, Figures, Filter, InvariantFigures, MoveFigures,
    PeriodFigures, Top, TotalFigures, ValueFigures,
};
use crate::commands::report::period::Period;
use crate::commands::report::scan;
use crate::output::Progress;
use crate::report::CliError;

/// What a report is about.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) period: Period,
    pub(super) asn: Option<Asn>,
    pub(super) country: Option<CountryCode>,
    /// How many rows tables have, at most.
    pub(super) limit: usize,
    pub(super) verify: bool,
    pub(super) now: Timestamp,
}

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
        None => seen(store).await?,
    };
    let spans = Spans::of(period, seen);
    let sessions = async |period| Ok(store.activity(&spans.query(subject, period)).await?);
    let before = async {
        match period.before() {
            Some(before) => sessions(before).await.map(Some),
            None => Ok(None),
        }
    };
    let (sessions, before, addresses, (moves, move_count), known, invariants) = tokio::try_join!(
        sessions(period),
        before,
        addresses(store, subject, &question, progress),
        moves(store, subject, &question),
        known_asns(store),
        invariants(store, subject, &question),
    )?;
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
async fn seen(store: &dyn Store) -> Result<Option<(Timestamp, Timestamp)>, CliError> {
    let at_the_end = async |greatest_first| {
        let by = SessionListColumn::LastEventAt;
        let query = SessionQuery {
            order: ListOrder { by, greatest_first },
            limit: Some(1),
            conditions: vec![(by, ListCondition::Known)],
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
    let until = subject.period.bound(subject.now).map(|until| {
        let until = ListCondition::AtMost(ListValue::Timestamp(until));
        (AddressListColumn::FirstSeen, until)
    });
    let query = AddressQuery {
        order: ListOrder::least_first(AddressListColumn::Unsorted),
        asn: subject.asn,
        seen_since: subject.period.since,
        conditions: until.into_iter().collect(),
        ..AddressQuery::default()
    };
    scan::count(store.addresses(&query), question, progress).await
}

/// The latest moves in the period, and how many there are.
async fn moves(
    store: &dyn Store,
    subject: &Subject,
    question: &Question,
) -> Result<(Vec<Move>, u64), CliError> {
    let until = subject.period.bound(subject.now);
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
        latest.sort_by(|one, other| other.cmp(one));
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
) -> Result<Option<Vec<InvariantFigures>>, CliError> {
    if !subject.verify {
        return Ok(None);
    }
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
    Ok(Some(invariants.collect()))
}

/// What was read.
struct Found {
    spans: Spans,
    sessions: Activity,
    before: Option<Activity>,
    addresses: AddressCounts,
    moves: Vec<Move>,
    move_count: u64,
    known: KnownAsns,
}

impl Found {
    fn figures(
        self,
        store: String,
        subject: &Subject,
        question: &Question,
        invariants: Option<Vec<InvariantFigures>>,
    ) -> Figures {
        let (period, limit) = (subject.period, subject.limit);
        let of_asns = asns(
            &self.known,
            &self.sessions,
            self.before.as_ref(),
            &self.addresses.by_asn,
            self.spans.parts().len(),
        );
        let new_asns = period.since.map(|since| new_asns(&of_asns, since, limit));
        Figures {
            generated_at: subject.now,
            store,
            period: PeriodFigures {
                since: period.since,
                until: period.until,
                before_since: period.before().and_then(|before| before.since),
            },
            filter: Filter {
                asn: subject.asn,
                country: subject.country.map(|country| country.to_string()),
            },
            totals: self.totals(subject, new_asns.as_ref().map(|top| top.total)),
            sessions_over_time: self.spans.timeline(&self.sessions),
            countries: Top::of(self.countries(), limit),
            organizations: Top::of(organizations(&of_asns), limit),
            asns: Top::of(of_asns, limit),
            new_asns,
            moves: self.moves(),
            addresses: Top {
                total: self.addresses.addresses,
                rows: self.addresses.greatest(),
            },
            classifications: values(self.addresses.classifications, limit),
            flags: values(
                self.addresses
                    .flags
                    .into_iter()
                    .map(|(flag, count)| (Some(flag.to_owned()), count)),
                limit,
            ),
            lists: values(
                self.addresses
                    .lists
                    .into_iter()
                    .map(|(list, count)| (Some(list), count)),
                limit,
            ),
            providers: self.addresses.sources.figures(question),
            disagreements: self.addresses.audit.pairs().map(disagreement).collect(),
            invariants,
        }
    }

    fn totals(&self, subject: &Subject, new_asn_count: Option<u64>) -> TotalFigures {
        let addresses = &self.addresses;
        let is_open = subject.period.since.is_none();
        TotalFigures {
            session_count: self.sessions.sessions(),
            session_count_before: self.before.as_ref().map(|before| before.sessions()),
            session_count_without_time: self.sessions.without_time,
            address_count: addresses.addresses,
            new_address_count: (!is_open).then_some(addresses.new),
            unattributed_count: addresses.by_asn.get(&None).copied().unwrap_or_default(),
            bogon_count: addresses.bogons,
            asn_count: addresses.by_asn.keys().flatten().count() as u64,
            new_asn_count,
            move_count: self.move_count,
        }
    }

    fn countries(&self) -> Vec<CountryFigures> {
        let parts = self.spans.parts().len();
        let before = self.before.as_ref();
        let of_before = before
            .into_iter()
            .flat_map(|before| before.by_country.keys());
        let mut all: Vec<Option<CountryCode>> = self
            .sessions
            .by_country
            .keys()
            .chain(of_before)
            .chain(self.addresses.by_country.keys())
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        let names = &self.addresses.country_names;
        let mut figures: Vec<CountryFigures> = all
            .into_iter()
            .map(|country| CountryFigures {
                country: country.map(|country| country.to_string()),
                country_name: country.and_then(|country| names.get(&country).cloned()),
                counts: counts_of(
                    self.sessions.by_country.get(&country),
                    before.map(|before| before.by_country.get(&country)),
                    self.addresses
                        .by_country
                        .get(&country)
                        .copied()
                        .unwrap_or_default(),
                    parts,
                ),
            })
            .collect();
        figures.sort_by_key(|country| country.counts.rank());
        figures
    }

    fn moves(&self) -> Top<MoveFigures> {
        let figures = |moved: &Move| MoveFigures {
            address: moved.address,
            observed_at: moved.observed_at,
            from_asn: moved.from,
            from_asn_org: name_of(&self.known, moved.from),
            to_asn: moved.to,
            to_asn_org: name_of(&self.known, moved.to),
        };
        Top {
            total: self.move_count,
            rows: self.moves.iter().map(figures).collect(),
        }
    }
}

/// Values by the number of addresses that have them.
fn values(
    counts: impl IntoIterator<Item = (Option<String>, u64)>,
    limit: usize,
) -> Top<ValueFigures> {
    let figures = |(value, address_count)| ValueFigures {
        value,
        address_count,
    };
    let mut rows: Vec<ValueFigures> = counts.into_iter().map(figures).collect();
    rows.sort_by(|one, other| {
        let order = other.address_count.cmp(&one.address_count);
        order.then_with(|| one.value.cmp(&other.value))
    });
    Top::of(rows, limit)
}

fn disagreement(pair: PairCount) -> DisagreementFigures {
    DisagreementFigures {
        topic: pair.topic.name().to_owned(),
        left: pair.left.to_string(),
        right: pair.right.to_string(),
        compared_count: pair.compared,
        different_count: pair.different,
        is_conflict: pair.topic.is_conflict(),
    }
}
