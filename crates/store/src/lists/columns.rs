//! The columns of lists, as they are stored.

use ipcascade_core::store::{
    AddressListColumn, AsnListColumn, ListCondition, ListOrder, SessionListColumn,
};

use crate::listing::{Listing, SortColumn};

/// A column by which lists are sorted and filtered.
pub(super) trait ListColumn: Copy {
    /// Its name in the table.
    fn stored(self) -> &'static str;
}

impl ListColumn for AsnListColumn {
    fn stored(self) -> &'static str {
        match self {
            Self::Asn => "asn_number",
            Self::OrganizationName => "organization_name",
            Self::OrganizationCountry => "organization_country",
            Self::RirRegistry => "rir_registry",
            Self::AsnType => "asn_type",
            Self::UniqueIpCount => "unique_ip_count",
            Self::TotalSessionCount => "total_session_count",
            Self::FirstSeen => "first_seen",
            Self::LastSeen => "last_seen",
        }
    }
}

impl ListColumn for AddressListColumn {
    fn stored(self) -> &'static str {
        match self {
            Self::Address | Self::Unsorted => "ip_address",
            Self::CurrentAsn => "current_asn",
            Self::AsnLastVerified => "asn_last_verified",
            Self::FirstSeen => "first_seen",
            Self::LastSeen => "last_seen",
            Self::SessionCount => "session_count",
            Self::EnrichmentUpdatedAt => "enrichment_updated_at",
        }
    }
}

impl ListColumn for SessionListColumn {
    fn stored(self) -> &'static str {
        match self {
            Self::SessionId => "session_id",
            Self::Sensor => "sensor",
            Self::FirstEventAt => "first_event_at",
            Self::LastEventAt => "last_event_at",
            Self::EventCount => "event_count",
            Self::SnapshotAsn => "snapshot_asn",
            Self::SnapshotCountry => "snapshot_country",
        }
    }
}

impl Listing {
    pub(super) fn add_conditions<C: ListColumn>(&mut self, conditions: &[(C, ListCondition)]) {
        for (column, condition) in conditions {
            self.add(column.stored(), condition.into());
        }
    }

    pub(super) fn sort<C: ListColumn>(&mut self, order: ListOrder<C>) {
        self.sort_further(order.by, order);
    }

    /// Sorts rows that are equal so far by `column`, in the direction of `order`.
    pub(super) fn sort_further<C: ListColumn>(&mut self, column: C, order: ListOrder<C>) {
        let (column, greatest_first) = (column.stored(), order.greatest_first);
        // Rows are sorted by their keys anyhow.
        if greatest_first || self.table.key != [column] {
            self.order.push(SortColumn {
                column,
                greatest_first,
            });
        }
    }
}
