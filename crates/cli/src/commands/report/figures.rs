//! What a report states: the same in every format.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Timestamp, rfc3339};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::commands::report::ranking::Top;

/// A report on an inventory.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Figures {
    /// When it was made.
    #[serde(serialize_with = "time")]
    #[schemars(with = "String")]
    pub(super) generated_at: Timestamp,
    /// The store, without its password.
    pub(super) store: String,
    /// The time that it is about.
    pub(super) period: PeriodFigures,
    /// What it is restricted to.
    pub(super) filter: Filter,
    /// How much there is of everything.
    pub(super) totals: TotalFigures,
    /// Sessions by the time of their last event.
    pub(super) sessions_over_time: Timeline,
    /// Countries: of sessions by the snapshot, of addresses by the sources.
    pub(super) countries: Top<CountryFigures>,
    /// ASes: of sessions by the snapshot, of addresses as attributed now.
    pub(super) asns: Top<AsnFigures>,
    /// Organizations: ASes whose organization has the same name.
    pub(super) organizations: Top<OrganizationFigures>,
    /// ASes first seen in the period; absent if it has no beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_asns: Option<Top<AsnFigures>>,
    /// Addresses that moved from one AS to another in the period, the latest first.
    pub(super) moves: Top<MoveFigures>,
    /// Addresses with the most sessions ever.
    pub(super) addresses: Top<AddressFigures>,
    /// How scanners are classified.
    pub(super) classifications: Top<ValueFigures>,
    /// What is true of addresses: `is_tor`, `is_vpn`, `noise`, ….
    pub(super) flags: Top<ValueFigures>,
    /// The lists that addresses are on.
    pub(super) lists: Top<ValueFigures>,
    /// What each provider has answered, and what is stale or failed.
    pub(super) providers: Vec<ProviderFigures>,
    /// Pairs of sources that disagree about addresses.
    pub(super) disagreements: Vec<DisagreementFigures>,
    /// The invariants of the whole inventory; absent if they were not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invariants: Option<Vec<InvariantFigures>>,
}

/// The time that a report is about.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PeriodFigures {
    /// Its beginning; absent: that of the inventory.
    #[serde(serialize_with = "some_time", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) since: Option<Timestamp>,
    /// Its end.
    #[serde(serialize_with = "time")]
    #[schemars(with = "String")]
    pub(super) until: Timestamp,
    /// The beginning of the period before, which is as long.
    #[serde(serialize_with = "some_time", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) before_since: Option<Timestamp>,
}

/// What a report is restricted to.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Filter {
    /// This AS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u32>")]
    pub(super) asn: Option<Asn>,
    /// This country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
}

/// How much there is of everything.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct TotalFigures {
    /// Sessions whose last event is in the period.
    pub(super) session_count: u64,
    /// The same in the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_count_before: Option<u64>,
    /// Sessions without the time of an event, or with one before 1990 or after tomorrow; they count nowhere else.
    pub(super) session_count_without_time: u64,
    /// Addresses seen in the period.
    pub(super) address_count: u64,
    /// Those of them that were first seen in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_address_count: Option<u64>,
    /// Those without an AS.
    pub(super) unattributed_count: u64,
    /// Bogons: those that are not globally reachable.
    pub(super) bogon_count: u64,
    /// Rows whose key is not an address; they count nowhere else.
    pub(super) unreadable_count: u64,
    /// ASes of sessions or addresses in the period.
    pub(super) asn_count: u64,
    /// Those of them that were first seen in the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_asn_count: Option<u64>,
    /// Moves of addresses from one AS to another in the period.
    pub(super) move_count: u64,
}

/// Sessions in one span of time after the other.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Timeline {
    /// The length of a span, in hours.
    pub(super) span_hours: u64,
    /// The spans in order, without gaps.
    pub(super) spans: Vec<Span>,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Span {
    /// Its beginning.
    #[serde(serialize_with = "time")]
    #[schemars(with = "String")]
    pub(super) start: Timestamp,
    /// The sessions in it.
    pub(super) session_count: u64,
}

/// Sessions and addresses of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Counts {
    /// Addresses seen in the period.
    pub(super) address_count: u64,
    /// Sessions in the period.
    pub(super) session_count: u64,
    /// Sessions in the period before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_count_before: Option<u64>,
    /// Sessions in each of up to twelve equal parts of the period.
    pub(super) trend: Vec<u64>,
}

impl Counts {
    /// Adds those of something that belongs to it.
    pub(super) fn add(&mut self, other: &Self) {
        self.address_count += other.address_count;
        self.session_count += other.session_count;
        if let Some(more) = other.session_count_before {
            *self.session_count_before.get_or_insert(0) += more;
        }
        let parts = self.trend.len().max(other.trend.len());
        self.trend.resize(parts, 0);
        for (sum, more) in self.trend.iter_mut().zip(&other.trend) {
            *sum += more;
        }
    }

    /// What things are sorted by: the most sessions first, then the most addresses.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        std::cmp::Reverse((self.session_count, self.address_count))
    }
}

/// A country.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CountryFigures {
    /// Its code; absent for what is not in a known country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
    /// Its English name, as a source has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country_name: Option<String>,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// An AS.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct AsnFigures {
    /// Its number; absent for what is without an AS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u32>")]
    pub(super) asn: Option<Asn>,
    /// The name of its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn_org: Option<String>,
    /// Its registration country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registry_country: Option<String>,
    /// When it was first seen.
    #[serde(serialize_with = "some_time", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) first_seen: Option<Timestamp>,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// An organization.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OrganizationFigures {
    /// Its name.
    pub(super) asn_org: String,
    /// How many of its ASes were seen.
    pub(super) asn_count: u64,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// A move of an address from one AS to another.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MoveFigures {
    /// The address.
    #[schemars(with = "String")]
    pub(super) address: Address,
    /// When it was observed.
    #[serde(serialize_with = "time")]
    #[schemars(with = "String")]
    pub(super) observed_at: Timestamp,
    /// The AS before.
    #[schemars(with = "u32")]
    pub(super) from_asn: Asn,
    /// The name of its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_asn_org: Option<String>,
    /// The AS since then.
    #[schemars(with = "u32")]
    pub(super) to_asn: Asn,
    /// The name of its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_asn_org: Option<String>,
}

/// An address.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct AddressFigures {
    /// The address.
    #[schemars(with = "String")]
    pub(super) address: Address,
    /// Its origin AS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u32>")]
    pub(super) asn: Option<Asn>,
    /// The name of its organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn_org: Option<String>,
    /// The country that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
    /// How it is classified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) classification: Option<String>,
    /// All its sessions.
    pub(super) session_count: u64,
    /// When it was last seen.
    #[serde(serialize_with = "time")]
    #[schemars(with = "String")]
    pub(super) last_seen: Timestamp,
}

/// A value that addresses have in common.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ValueFigures {
    /// The value; absent: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    /// How many addresses have it.
    pub(super) address_count: u64,
}

/// A provider.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProviderFigures {
    /// Its name.
    pub(super) provider: String,
    /// Whether it is a step of the configured cascade. If it is not, nothing of it is due.
    pub(super) is_asked: bool,
    /// Addresses that it knows.
    pub(super) found_count: u64,
    /// Addresses that it does not know.
    pub(super) not_found_count: u64,
    /// Addresses about which it is due for being asked again.
    pub(super) stale_count: u64,
    /// Addresses about which it is due for being asked for the first time.
    pub(super) missing_count: u64,
    /// Addresses about which it failed, until it is asked again.
    pub(super) failed_count: u64,
}

/// Two sources that disagree, or one that makes two statements.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DisagreementFigures {
    /// What about.
    pub(super) topic: String,
    /// The source with precedence.
    pub(super) left: String,
    /// The other one.
    pub(super) right: String,
    /// Addresses about which both make a statement.
    pub(super) compared_count: u64,
    /// Addresses about which they differ.
    pub(super) different_count: u64,
    /// Whether at most one of them can be right.
    pub(super) is_conflict: bool,
}

/// An invariant.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct InvariantFigures {
    /// What must be true.
    pub(super) invariant: String,
    /// How many rows break it.
    pub(super) broken_count: u64,
}

fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}

fn some_time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(rfc3339).serialize(serializer)
}
