//! The columns by which lists are sorted and filtered, and how.

use std::fmt;
use std::sync::Arc;

use crate::clock::Timestamp;

/// A column of AS rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsnListColumn {
    /// The number.
    #[default]
    Asn,
    /// Name of the organisation.
    OrganizationName,
    /// Registration country.
    OrganizationCountry,
    /// RIR.
    RirRegistry,
    /// Kind of network.
    AsnType,
    /// The number of addresses.
    UniqueIpCount,
    /// The number of sessions.
    TotalSessionCount,
    /// When it was first seen.
    FirstSeen,
    /// When it was last seen.
    LastSeen,
}

/// A column of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressListColumn {
    /// The address: IPv4 before IPv6, each by number.
    #[default]
    Address,
    /// None: the list comes in any order, which takes the least work.
    Unsorted,
    /// The origin AS.
    CurrentAsn,
    /// When that was last verified.
    AsnLastVerified,
    /// When it was first seen.
    FirstSeen,
    /// When it was last seen.
    LastSeen,
    /// The number of sessions.
    SessionCount,
    /// When anything about it last changed.
    EnrichmentUpdatedAt,
}

/// A column of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionListColumn {
    /// Its key.
    SessionId,
    /// The sensor.
    Sensor,
    /// The first event.
    FirstEventAt,
    /// The last event.
    #[default]
    LastEventAt,
    /// The number of events.
    EventCount,
    /// The origin AS in the snapshot.
    SnapshotAsn,
    /// The country in the snapshot.
    SnapshotCountry,
}

/// The order of a list: by a column, with rows that have no value last, and then by the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOrder<C> {
    /// The column.
    pub by: C,
    /// Whether the greatest value comes first.
    pub greatest_first: bool,
}

impl<C> ListOrder<C> {
    /// The smallest value first.
    pub const fn least_first(by: C) -> Self {
        let greatest_first = false;
        Self { by, greatest_first }
    }

    /// The greatest value first.
    pub const fn greatest_first(by: C) -> Self {
        let greatest_first = true;
        Self { by, greatest_first }
    }
}

/// A condition that the value in a column meets. None holds for a row without a value, except [`Unknown`](Self::Unknown).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListCondition {
    /// There is no value.
    Unknown,
    /// There is one.
    Known,
    /// It equals this one.
    Is(ListValue),
    /// It is this text, whose letters are ASCII and in upper case, in any case of ASCII letters.
    IsInAnyCase(String),
    /// It is this one or greater.
    AtLeast(ListValue),
    /// It is this one or less.
    AtMost(ListValue),
}

/// A value in a column of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListValue {
    /// A number.
    Number(i64),
    /// A time.
    Timestamp(Timestamp),
    /// A text; texts are compared bytewise.
    Text(String),
}

/// A test that rows must pass, beyond what a database can decide: of merged fields, of text in any case.
pub struct RowTest<R>(Arc<dyn Fn(&R) -> bool + Send + Sync>);

impl<R> RowTest<R> {
    /// Rows for which `test` is true pass.
    pub fn new(test: impl Fn(&R) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(test))
    }

    /// Whether `row` passes.
    pub fn passes(&self, row: &R) -> bool {
        (self.0)(row)
    }
}

impl<R> Clone for RowTest<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> fmt::Debug for RowTest<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowTest")
    }
}

/// A value of a row by which a list is sorted.
pub struct RowValue<R>(Arc<ValueOf<R>>);

type ValueOf<R> = dyn Fn(&R) -> Option<ListValue> + Send + Sync;

impl<R> RowValue<R> {
    /// The value that `value` returns; rows without one are last.
    pub fn new(value: impl Fn(&R) -> Option<ListValue> + Send + Sync + 'static) -> Self {
        Self(Arc::new(value))
    }

    /// That of `row`.
    pub fn of(&self, row: &R) -> Option<ListValue> {
        (self.0)(row)
    }
}

impl<R> Clone for RowValue<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> fmt::Debug for RowValue<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowValue")
    }
}
