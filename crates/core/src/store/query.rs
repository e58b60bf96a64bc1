//! Queries: lists, due work, the state of providers.

use std::time::Duration;

use ipnet::IpNet;
use serde::Serialize;

use crate::address::Address;
use crate::asn::Asn;
use crate::capabilities::Families;
use crate::clock::Timestamp;
use crate::freshness::Freshness;
use crate::provider_name::ProviderName;
use crate::special_purpose::special_purpose;
use crate::store::asn_row::AsnRow;
use crate::store::list_order::{
    AddressListColumn, AsnListColumn, ListCondition, ListOrder, RowTest, RowValue,
    SessionListColumn,
};
use crate::store::rows::{AddressRow, SessionRow};
use crate::store::section_value::{SectionKey, SectionOrder, SectionTest, is_plain};

/// Which AS rows to list.
#[derive(Clone, Debug, Default)]
pub struct AsnQuery {
    /// How they are sorted; equal numbers of sessions by addresses, and the other way round.
    pub order: ListOrder<AsnListColumn>,
    /// At most this many; `None`: all.
    pub limit: Option<u64>,
    /// Only with this registration country.
    pub country: Option<String>,
    /// Only with this registry.
    pub registry: Option<String>,
    /// Only those whose organisation's name contains this text, in any case.
    pub organization: Option<String>,
    /// Only those last seen at or after this time.
    pub seen_since: Option<Timestamp>,
    /// Whether those without any address are listed too.
    pub include_empty: bool,
    /// Only those that meet all of these.
    pub conditions: Vec<(AsnListColumn, ListCondition)>,
    /// Only those that pass this test.
    pub test: Option<RowTest<AsnRow>>,
}

/// Which addresses to list.
#[derive(Clone, Debug, Default)]
pub struct AddressQuery {
    /// How they are sorted.
    pub order: ListOrder<AddressListColumn>,
    /// At most this many; `None`: all.
    pub limit: Option<u64>,
    /// Only with this origin AS.
    pub asn: Option<Asn>,
    /// Only those without an origin AS.
    pub unattributed: bool,
    /// Only those inside this prefix.
    pub prefix: Option<IpNet>,
    /// Only those last seen at or after this time.
    pub seen_since: Option<Timestamp>,
    /// What they are sorted by instead of a column: a merged field.
    pub sorted_by: Option<SortedBy>,
    /// Only those behind this one in a list that is sorted by address, to continue from there.
    pub after: Option<Address>,
    /// Only those that meet all of these.
    pub conditions: Vec<(AddressListColumn, ListCondition)>,
    /// Only those that pass this test.
    pub test: Option<RowTest<AddressRow>>,
    /// What is true of the sections of all that pass it.
    pub section_tests: Vec<SectionTest>,
}

/// What a list of addresses is sorted by that no column has.
#[derive(Clone, Debug)]
pub struct SortedBy {
    /// The value of a row.
    pub value: RowValue<AddressRow>,
    /// Where in the sections of a row its value is from, if it always is.
    pub section: Option<SectionOrder>,
}

/// Which sessions to list.
#[derive(Clone, Debug)]
pub struct SessionQuery {
    /// How they are sorted; by default newest first.
    pub order: ListOrder<SessionListColumn>,
    /// At most this many; `None`: all.
    pub limit: Option<u64>,
    /// Only from this address.
    pub address: Option<Address>,
    /// Only those with this AS in their snapshot.
    pub asn: Option<Asn>,
    /// Only this one.
    pub id: Option<String>,
    /// Only those with an event at or after this time.
    pub since: Option<Timestamp>,
    /// Only those that meet all of these.
    pub conditions: Vec<(SessionListColumn, ListCondition)>,
    /// Only those that pass this test.
    pub test: Option<RowTest<SessionRow>>,
}

impl Default for SessionQuery {
    fn default() -> Self {
        Self {
            order: ListOrder::greatest_first(SessionListColumn::LastEventAt),
            limit: None,
            address: None,
            asn: None,
            id: None,
            since: None,
            conditions: Vec::new(),
            test: None,
        }
    }
}

/// Whether an address without a section of a provider is due for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenMissing {
    /// It is: the provider is asked about every address.
    Due,
    /// It is if it has no origin AS: the provider is asked when the AS is missing. A stale section is due unless
    /// another provider has the AS ([`DueSection::given_by`]).
    DueIfUnattributed,
    /// It is not: whether the provider is asked depends on other fields. A stale section is due.
    NotDue,
}

/// The state of a provider's section of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionState {
    /// The provider need not be asked yet.
    Fresh,
    /// It is due for being asked again.
    Stale,
    /// It is due for being asked for the first time.
    Missing,
    /// It failed, and the time to ask it again has not come.
    Failed,
    /// It is not asked about such an address.
    NotNeeded,
}

/// When a section of one provider is due.
#[derive(Clone, Debug)]
pub struct DueSection {
    /// The provider.
    pub provider: ProviderName,
    /// How long its sections stay fresh.
    pub freshness: Freshness,
    /// Which addresses it can be asked about; others are never due for it.
    pub families: Families,
    /// Whether a missing section is due.
    pub when_missing: WhenMissing,
    /// Where other providers may have the origin AS, for [`WhenMissing::DueIfUnattributed`].
    pub given_by: Vec<SectionKey>,
}

/// Addresses with work to do: a global address is due if a section of one of the providers is stale or missing, unless
/// it failed and its retry time (`_failures.<provider>.retry_at`) has not come.
#[derive(Clone, Debug)]
pub struct DueQuery<'a> {
    /// The providers, with how long their sections stay fresh.
    pub sections: &'a [DueSection],
    /// Only addresses without an origin AS.
    pub unattributed_only: bool,
    /// The time at which freshness is judged.
    pub now: Timestamp,
    /// Most sessions first, then last seen first, for providers with a scarce quota; otherwise those with the oldest
    /// sections (or none) come first.
    pub scarce: bool,
}

impl DueQuery<'_> {
    /// Whether `row` is due. A store may find candidates by SQL, which sees less of odd documents; this is
    /// authoritative.
    pub fn matches(&self, row: &AddressRow) -> bool {
        if special_purpose(row.address).is_some() || row.enrichment.is_special() {
            return false;
        }
        self.sections
            .iter()
            .any(|section| section.is_due(row, self.now))
    }
}

impl DueSection {
    /// The section's name, if it can be put into SQL unquoted: that of every linked provider can.
    pub fn plain_name(&self) -> Option<&'static str> {
        let name = self.provider.as_str();
        (is_plain(name) && self.given_by.iter().all(SectionKey::is_plain)).then_some(name)
    }

    fn is_due(&self, row: &AddressRow, now: Timestamp) -> bool {
        matches!(
            self.state(row, now),
            SectionState::Stale | SectionState::Missing
        )
    }

    /// The state of the provider's section of `row`, which is that of a global address.
    pub fn state(&self, row: &AddressRow, now: Timestamp) -> SectionState {
        let provider = self.provider.as_str();
        if self.families == Families::Ipv4 && !row.address.is_ipv4() {
            return SectionState::NotNeeded;
        }
        let failure = row.enrichment.failure(provider);
        if failure.is_some_and(|failure| failure.retry_at > now) {
            return SectionState::Failed;
        }
        match row.enrichment.section(provider) {
            Some(stored) if self.freshness.covers(stored, now) => SectionState::Fresh,
            Some(_) if self.is_needed(row) => SectionState::Stale,
            Some(_) => SectionState::NotNeeded,
            None => match self.when_missing {
                WhenMissing::Due => SectionState::Missing,
                WhenMissing::DueIfUnattributed if row.current_asn.is_none() => {
                    SectionState::Missing
                }
                WhenMissing::DueIfUnattributed | WhenMissing::NotDue => SectionState::NotNeeded,
            },
        }
    }

    /// Whether renewing a stale section is of any use.
    fn is_needed(&self, row: &AddressRow) -> bool {
        self.when_missing != WhenMissing::DueIfUnattributed
            || row.current_asn.is_none()
            || !self.given_by.iter().any(|other| {
                let section = row.enrichment.section(other.provider.as_str());
                section
                    .filter(|section| section.is_found() && section.concerns(row.address))
                    .and_then(|section| section.get(other.key))
                    .is_some_and(|value| Asn::from_json(&value).is_some())
            })
    }
}

/// A claim to work.
#[derive(Clone, Debug)]
pub struct WorkClaim<'a> {
    /// Which addresses.
    pub due: DueQuery<'a>,
    /// The owner: unique for each process.
    pub owner: &'a str,
    /// How long no other process gets the same addresses.
    pub lease: Duration,
    /// At most this many.
    pub limit: u64,
}

/// The stored state of a provider, across runs and processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProviderState {
    /// It is not to be asked before this time.
    pub not_before: Option<Timestamp>,
    /// The reason.
    pub reason: Option<String>,
    /// Look-ups counted since the last reset.
    pub used: u64,
    /// When counting began.
    pub since: Option<Timestamp>,
}
