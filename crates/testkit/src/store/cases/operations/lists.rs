//! Lists of every kind, filtered and limited.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressOrder, AddressQuery, AsnOrder, AsnQuery, SessionQuery};
use proptest::prelude::*;

use crate::store::fixtures::{asn, day, nth};
use crate::store::trial::Trial;

/// A query.
#[derive(Clone, Debug)]
pub(super) enum ListQuestion {
    Asns(AsnQuery),
    Addresses(AddressQuery),
    Sessions(SessionQuery),
    History(u32),
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
                format!("{:?}", shown.collect::<Vec<_>>())
            }
            Self::Sessions(query) => format!("{:?}", trial.sessions(query).await),
            Self::History(number) => format!("{:?}", trial.attributions(nth(*number)).await),
        };
        let totals = trial.store.totals().await.expect("counting works");
        format!("{rows} of {totals:?}")
    }
}

/// Generates queries for the rows that operations create.
pub(super) fn list() -> impl Strategy<Value = ListQuestion> {
    prop_oneof![
        3 => asns(),
        3 => addresses(),
        3 => sessions(),
        1 => (0..6_u32).prop_map(ListQuestion::History),
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

fn asns() -> impl Strategy<Value = ListQuestion> {
    let country = prop::option::weighted(0.3, prop_oneof![Just("nl"), Just("DE"), Just("")]);
    let name = prop::option::weighted(0.3, prop_oneof![Just("or"), Just("RG"), Just("%")]);
    let order = prop_oneof![
        Just(AsnOrder::Number),
        Just(AsnOrder::Sessions),
        Just(AsnOrder::Addresses),
        Just(AsnOrder::LastSeen)
    ];
    let asns = (order, limit(), country, name, since(), any::<bool>());
    asns.prop_map(|(order, limit, country, name, seen_since, include_empty)| {
        ListQuestion::Asns(AsnQuery {
            order,
            limit,
            country: country.map(str::to_owned),
            registry: None,
            organization: name.map(str::to_owned),
            seen_since,
            include_empty,
        })
    })
}

fn addresses() -> impl Strategy<Value = ListQuestion> {
    let order = prop_oneof![
        Just(AddressOrder::Address),
        Just(AddressOrder::Sessions),
        Just(AddressOrder::LastSeen)
    ];
    let prefix = prop_oneof![Just("11.0.0.0/30"), Just("8.0.0.0/5"), Just("::/0")];
    let prefix = prop::option::weighted(0.3, prefix);
    let rest = (prop::bool::weighted(0.2), prefix, since());
    let after = prop::option::weighted(0.2, 0..6_u32);
    (order, limit(), number(), rest, after).prop_map(
        |(order, limit, asn, (unattributed, prefix, seen_since), after)| {
            ListQuestion::Addresses(AddressQuery {
                order,
                limit,
                asn,
                unattributed,
                prefix: prefix.map(|prefix| prefix.parse().expect("a prefix")),
                seen_since,
                after: after.map(nth),
            })
        },
    )
}

fn sessions() -> impl Strategy<Value = ListQuestion> {
    let of = prop::option::weighted(0.4, 0..6_u32);
    (limit(), of, number(), since()).prop_map(|(limit, of, asn, since)| {
        ListQuestion::Sessions(SessionQuery {
            limit,
            address: of.map(nth),
            asn,
            id: None,
            since,
        })
    })
}
