//! What was read, joined to what a report states.

use ipcascade_core::audit::PairCount;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{Activity, Move};

use crate::commands::report::activity::Spans;
use crate::commands::report::addresses::AddressCounts;
use crate::commands::report::asns::{KnownAsns, asns, counts_of, name_of, new_asns, organizations};
use crate::commands::report::figures::{
    AsnFigures, CountryFigures, DisagreementFigures, Figures, Filter, InvariantFigures,
    MoveFigures, PeriodFigures, TotalFigures, ValueFigures,
};
use crate::commands::report::question::Question;
use crate::commands::report::ranking::Top;
use crate::commands::report::subject::Subject;

/// What was read.
pub(super) struct Found {
    pub(super) spans: Spans,
    pub(super) sessions: Activity,
    pub(super) before: Option<Activity>,
    pub(super) addresses: AddressCounts,
    pub(super) moves: Vec<Move>,
    pub(super) move_count: u64,
    pub(super) known: KnownAsns,
}

impl Found {
    /// What a report states.
    pub(super) fn figures(
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
            totals: self.totals(subject, &of_asns, new_asns.as_ref().map(|top| top.total)),
            sessions_over_time: self.spans.timeline(&self.sessions),
            countries: Top::with_unknown(self.countries(), limit, |row| row.country.is_none()),
            organizations: Top::of(organizations(&of_asns), limit),
            asns: Top::with_unknown(of_asns, limit, |row| row.asn.is_none()),
            new_asns,
            moves: self.moves(),
            addresses: Top {
                total: self.addresses.addresses,
                rows: self.addresses.greatest(),
                has_unknown: false,
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

    fn totals(
        &self,
        subject: &Subject,
        asns: &[AsnFigures],
        new_asn_count: Option<u64>,
    ) -> TotalFigures {
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
            unreadable_count: addresses.unreadable,
            asn_count: asns.iter().filter(|of| of.asn.is_some()).count() as u64,
            new_asn_count,
            move_count: self.move_count,
        }
    }

    fn countries(&self) -> Vec<CountryFigures> {
        let parts = self.spans.parts().len();
        let before = self.before.as_ref();
        let mut all: Vec<Option<CountryCode>> = self
            .sessions
            .by_country
            .keys()
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
            has_unknown: false,
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
    Top::with_unknown(rows, limit, |row| row.value.is_none())
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
