//! Lists of every kind, filtered and limited.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::document::Document;
use ipcascade_core::field::Field;
use ipcascade_core::store::{
    ActivityQuery, AddressListColumn, AddressQuery, AddressRow, AsnListColumn, AsnQuery, AsnRow,
    ListCondition, ListOrder, ListValue, RowTest, RowValue, SessionListColumn, SessionQuery,
    SessionRow, SortedBy, TimeUnit,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::store::fixtures::{asn, day, nth};
use crate::store::section_values::{of_value, sort_by_value};
use crate::store::trial::Trial;

/// A query.
#[derive(Clone, Debug)]
pub(super) enum ListQuestion {
    Asns(AsnQuery),
    Addresses(AddressQuery),
    Sessions(SessionQuery),
    History(u32),
    Activity(ActivityQuery),
    Moves,
}

impl ListQuestion {
    /// Returns the keys of the rows with the values that they are sorted by, in order; and the totals.
    pub(super) async fn answer(&self, trial: &Trial) -> String {
        let rows = match self {
            Self::Asns(query) => {
                let rows = trial.asns(query).await.into_iter();
                let shown = rows.map(|row| {
                    let counts = (row.total_session_count, row.unique_ip_count);
                    (row.asn, counts, row.last_seen)
                });
                format!("{:?}", shown.collect::<Vec<_>>())
            }
            Self::Addresses(query) => {
                let rows = trial.addresses(query).await.into_iter();
                let shown = rows.map(|row| (row.address, row.session_count, row.last_seen));
                let mut shown: Vec<_> = shown.collect();
                if query.order.by == AddressListColumn::Unsorted {
                    shown.sort_unstable();
                }
                let (rows, unreadable) = trial.addresses_in_blocks(query).await;
                let rows: Vec<_> = rows.iter().map(whole).collect();
                format!("{shown:?} {rows:?} {unreadable}")
            }
            Self::Sessions(query) => format!("{:?}", trial.sessions(query).await),
            Self::Activity(query) => format!("{:?}", trial.activity(query).await),
            Self::Moves => {
                // What another program does is observed by the clock of the machine.
                let moves = trial.moves().await.into_iter();
                let moves: Vec<_> = moves.map(|it| (it.address, it.from, it.to)).collect();
                format!("{moves:?}")
            }
            Self::History(number) => format!("{:?}", trial.attributions(nth(*number)).await),
        };
        let totals = trial.store.totals().await.expect("counting works");
        format!("{rows} of {totals:?}")
    }
}

/// All of a row, with the names in its document sorted.
fn whole(row: &AddressRow) -> String {
    let mut document = serde_json::to_value(&row.enrichment).expect("it is JSON");
    document.sort_all_objects();
    let bare = AddressRow {
        enrichment: Document::default(),
        ..row.clone()
    };
    format!("{bare:?} {document}")
}

/// Generates queries for the rows that operations create.
pub(super) fn list() -> impl Strategy<Value = ListQuestion> {
    prop_oneof![
        3 => asns(),
        3 => addresses(),
        3 => sessions(),
        1 => (0..6_u32).prop_map(ListQuestion::History),
        2 => activity(),
        1 => Just(ListQuestion::Moves),
    ]
}

fn limit() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(0..6_u64)
}

fn since() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::weighted(0.3, (1..12_i64).prop_map(day))
}

fn number() -> impl Strategy<Value = Option<Asn>> {
    prop::option::weighted(0.3, (65000..65004_u32).prop_map(asn))
}

fn order<C: Copy + std::fmt::Debug + 'static>(
    columns: &[C],
) -> impl Strategy<Value = ListOrder<C>> + use<C> {
    let column = prop::sample::select(columns.to_vec());
    (column, any::<bool>()).prop_map(|(by, greatest_first)| ListOrder { by, greatest_first })
}

/// A condition on one of the columns, or none.
fn conditions<C: Copy + std::fmt::Debug + 'static>(
    numbers: &[C],
    times: &[C],
    texts: &[C],
) -> impl Strategy<Value = Vec<(C, ListCondition)>> + use<C> {
    let values = prop_oneof![0..4_i64, 65000..65004_i64].prop_map(ListValue::Number);
    let days = (1..12_i64).prop_map(|number| ListValue::Timestamp(day(number)));
    let of = |columns: &[C], value: BoxedStrategy<ListValue>| {
        (prop::sample::select(columns.to_vec()), condition(value))
    };
    let mut any_of = vec![
        of(numbers, values.boxed()).boxed(),
        of(times, days.boxed()).boxed(),
    ];
    if !texts.is_empty() {
        let text = prop_oneof![Just("NL"), Just("ORG"), Just("NORTH"), Just("RIPENCC")];
        let condition = text.prop_map(|text: &str| ListCondition::IsInAnyCase(text.to_owned()));
        any_of.push((prop::sample::select(texts.to_vec()), condition).boxed());
    }
    let any_of = prop::strategy::Union::new(any_of);
    prop::collection::vec(any_of, 0..2)
}

fn condition(value: BoxedStrategy<ListValue>) -> impl Strategy<Value = ListCondition> {
    prop_oneof![
        Just(ListCondition::Unknown),
        Just(ListCondition::Known),
        value.clone().prop_map(ListCondition::Is),
        value.clone().prop_map(ListCondition::AtLeast),
        value.prop_map(ListCondition::AtMost),
    ]
}

fn asns() -> impl Strategy<Value = ListQuestion> {
    use AsnListColumn as Column;
    let country = prop::option::weighted(0.3, prop_oneof![Just("nl"), Just("DE"), Just("")]);
    let name = prop::option::weighted(0.3, prop_oneof![Just("or"), Just("RG"), Just("%")]);
    let order = order(&[
        Column::Asn,
        Column::OrganizationName,
        Column::OrganizationCountry,
        Column::RirRegistry,
        Column::AsnType,
        Column::UniqueIpCount,
        Column::TotalSessionCount,
        Column::FirstSeen,
        Column::LastSeen,
    ]);
    let numbers = [
        Column::Asn,
        Column::UniqueIpCount,
        Column::TotalSessionCount,
    ];
    let times = [Column::FirstSeen, Column::LastSeen];
    let texts = [
        Column::OrganizationName,
        Column::OrganizationCountry,
        Column::RirRegistry,
    ];
    let conditions = conditions(&numbers, &times, &texts);
    let is_tested = prop::bool::weighted(0.2);
    let texts = (country, name);
    let asns = (
        order,
        limit(),
        texts,
        since(),
        any::<bool>(),
        conditions,
        is_tested,
    );
    asns.prop_map(
        |(order, limit, (country, name), seen_since, include_empty, conditions, is_tested)| {
            let is_odd = RowTest::new(|row: &AsnRow| row.asn.get() % 2 == 1);
            ListQuestion::Asns(AsnQuery {
                order,
                limit,
                country: country.map(str::to_owned),
                registry: None,
                organization: name.map(str::to_owned),
                seen_since,
                include_empty,
                conditions,
                test: is_tested.then_some(is_odd),
            })
        },
    )
}

fn addresses() -> impl Strategy<Value = ListQuestion> {
    use AddressListColumn as Column;
    let order = order(&[
        Column::Address,
        Column::Unsorted,
        Column::CurrentAsn,
        Column::AsnLastVerified,
        Column::FirstSeen,
        Column::LastSeen,
        Column::SessionCount,
        Column::EnrichmentUpdatedAt,
    ]);
    let times = [Column::AsnLastVerified, Column::FirstSeen, Column::LastSeen];
    let conditions = conditions(&[Column::CurrentAsn, Column::SessionCount], &times, &[]);
    let prefix = prop_oneof![Just("11.0.0.0/30"), Just("8.0.0.0/5"), Just("::/0")];
    let prefix = prop::option::weighted(0.3, prefix);
    let after = prop::option::weighted(0.2, 0..6_u32);
    let rest = (prop::bool::weighted(0.2), prefix, since(), after);
    let field = || prop::option::weighted(0.3, indexed_field());
    let beyond_sql = (
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        field(),
        field(),
    );
    (order, limit(), number(), rest, conditions, beyond_sql).prop_map(
        |(order, limit, asn, rest, conditions, beyond_sql)| {
            let (is_tested, is_sorted_by_origin, tested, sorted_by) = beyond_sql;
            let (unattributed, prefix, seen_since, after) = rest;
            let is_visited = RowTest::new(|row: &AddressRow| row.session_count > 0);
            let origin = RowValue::new(|row: &AddressRow| {
                row.current_asn.map(|asn| ListValue::Number(asn.into()))
            });
            // Which rows a limit leaves depends on the order.
            let limit = limit.filter(|_| order.by != Column::Unsorted);
            let mut query = AddressQuery {
                order,
                limit,
                asn,
                unattributed,
                prefix: prefix.map(|prefix| prefix.parse().expect("a prefix")),
                seen_since,
                sorted_by: is_sorted_by_origin.then_some(SortedBy {
                    value: origin,
                    section: None,
                }),
                after: after.map(nth),
                conditions,
                test: is_tested.then_some(is_visited),
                section_tests: Vec::new(),
            };
            if let Some(field) = tested {
                let is_wanted = |value: &Value| ["NL", "ORG"].iter().any(|wanted| value == wanted);
                of_value(&mut query, field, is_wanted);
            }
            if let Some(field) = sorted_by {
                sort_by_value(&mut query, field);
            }
            ListQuestion::Addresses(query)
        },
    )
}

/// A merged field of which there may be an index.
pub(super) fn indexed_field() -> impl Strategy<Value = Field> {
    prop_oneof![Just(Field::COUNTRY), Just(Field::ASN_ORG)]
}

fn activity() -> impl Strategy<Value = ListQuestion> {
    let country = prop_oneof![Just("NL"), Just("DE")].prop_map(CountryCode::parse);
    let country = prop::option::weighted(0.2, country).prop_map(Option::flatten);
    let unit = prop_oneof![Just(TimeUnit::Hour), Just(TimeUnit::Day)];
    let parts = prop::collection::btree_set((1..12_i64).prop_map(day), 0..3);
    (since(), since(), number(), country, unit, parts).prop_map(
        |(since, until, asn, country, unit, parts)| {
            ListQuestion::Activity(ActivityQuery {
                since,
                until,
                asn,
                country,
                plausible: day(3)..=day(300),
                unit,
                parts: parts.into_iter().collect(),
            })
        },
    )
}

fn sessions() -> impl Strategy<Value = ListQuestion> {
    use SessionListColumn as Column;
    let of = prop::option::weighted(0.4, 0..6_u32);
    let order = order(&[
        Column::SessionId,
        Column::Sensor,
        Column::FirstEventAt,
        Column::LastEventAt,
        Column::EventCount,
        Column::SnapshotAsn,
        Column::SnapshotCountry,
    ]);
    let times = [Column::FirstEventAt, Column::LastEventAt];
    let numbers = [Column::EventCount, Column::SnapshotAsn];
    let texts = [Column::Sensor, Column::SnapshotCountry];
    let conditions = conditions(&numbers, &times, &texts);
    let is_tested = prop::bool::weighted(0.2);
    (order, limit(), of, number(), since(), conditions, is_tested).prop_map(
        |(order, limit, of, asn, since, conditions, is_tested)| {
            let is_short = RowTest::new(|row: &SessionRow| row.event_count < 2);
            ListQuestion::Sessions(SessionQuery {
                order,
                limit,
                address: of.map(nth),
                asn,
                id: None,
                since,
                conditions,
                test: is_tested.then_some(is_short),
            })
        },
    )
}
