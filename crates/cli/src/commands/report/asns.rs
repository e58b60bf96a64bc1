//! ASes and organizations: what was counted, joined with what is known of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{Activity, AsnRow};

use crate::commands::report::figures::{AsnFigures, Counts, OrganizationFigures};
use crate::commands::report::ranking::Top;

/// What is known of an AS.
#[derive(Clone, Debug)]
pub(super) struct KnownAsn {
    name: Option<String>,
    registry_country: Option<String>,
    first_seen: Timestamp,
    /// How many addresses it has in all.
    pub(super) address_count: u64,
}

impl From<AsnRow> for KnownAsn {
    fn from(row: AsnRow) -> Self {
        let is_known = |text: &String| !matches!(text.trim(), "" | "-");
        Self {
            name: row.organization_name.filter(is_known),
            registry_country: row.organization_country.filter(is_known),
            first_seen: row.first_seen,
            address_count: row.unique_ip_count,
        }
    }
}

/// The rows of ASes.
pub(super) type KnownAsns = HashMap<Asn, KnownAsn>;

/// The name of an AS's organization.
pub(super) fn name_of(known: &KnownAsns, asn: Asn) -> Option<String> {
    known.get(&asn)?.name.clone()
}

/// Joins sessions, those of the period before, and addresses.
pub(super) fn counts_of(
    now: Option<&Vec<u64>>,
    before: Option<Option<&Vec<u64>>>,
    addresses: u64,
    parts: usize,
) -> Counts {
    Counts {
        address_count: addresses,
        session_count: now.map_or(0, |trend| trend.iter().sum()),
        session_count_before: before.map(|trend| trend.map_or(0, |trend| trend.iter().sum())),
        trend: now.map_or_else(|| vec![0; parts], Clone::clone),
    }
}

/// Every AS with sessions or addresses in the period, the most sessions first.
pub(super) fn asns(
    known: &KnownAsns,
    sessions: &Activity,
    before: Option<&Activity>,
    addresses: &HashMap<Option<Asn>, u64>,
    parts: usize,
) -> Vec<AsnFigures> {
    let sessions_of = sessions.by_asn.keys();
    let all: HashSet<Option<Asn>> = sessions_of.chain(addresses.keys()).copied().collect();
    let figures = |asn: Option<Asn>| {
        let row = asn.and_then(|asn| known.get(&asn));
        AsnFigures {
            asn,
            asn_org: row.and_then(|row| row.name.clone()),
            registry_country: row.and_then(|row| row.registry_country.clone()),
            first_seen: row.map(|row| row.first_seen),
            counts: counts_of(
                sessions.by_asn.get(&asn),
                before.map(|before| before.by_asn.get(&asn)),
                addresses.get(&asn).copied().unwrap_or_default(),
                parts,
            ),
        }
    };
    let mut figures: Vec<AsnFigures> = all.into_iter().map(figures).collect();
    figures.sort_by(|one, other| {
        let order = one.counts.rank().cmp(&other.counts.rank());
        order.then_with(|| one.asn.cmp(&other.asn))
    });
    figures
}

/// Those that were first seen in the period that begins at `since`, and in it.
pub(super) fn new_asns(asns: &[AsnFigures], since: Timestamp, limit: usize) -> Top<AsnFigures> {
    let is_new = |figures: &&AsnFigures| {
        let counts = &figures.counts;
        figures.asn.is_some()
            && figures.first_seen.is_some_and(|seen| seen >= since)
            && counts.address_count + counts.session_count > 0
    };
    Top::of(asns.iter().filter(is_new).cloned().collect(), limit)
}

/// ASes with a name, by that name; upper and lower case are the same, and the name is that of the AS with the most sessions.
pub(super) fn organizations(asns: &[AsnFigures]) -> Vec<OrganizationFigures> {
    let mut by_name: BTreeMap<String, OrganizationFigures> = BTreeMap::new();
    for figures in asns {
        let Some(name) = &figures.asn_org else {
            continue;
        };
        let organization = by_name
            .entry(name.trim().to_lowercase())
            .or_insert_with(|| OrganizationFigures {
                asn_org: name.clone(),
                asn_count: 0,
                counts: Counts::default(),
            });
        organization.asn_count += 1;
        organization.counts.add(&figures.counts);
    }
    let mut organizations: Vec<OrganizationFigures> = by_name.into_values().collect();
    organizations.sort_by_key(|organization| organization.counts.rank());
    organizations
}
