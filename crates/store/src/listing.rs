//! Which rows a list has, and in which order.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{ListCondition, ListValue};

use crate::schema::Table;
use crate::sql::Arg;
use crate::stored_rows::{DocumentedSession, StoredAddress, StoredAsn, StoredSession};

/// A sorted list of rows of a table.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The table.
    pub table: &'static Table,
    /// Conditions that every row must meet.
    pub filters: Vec<ColumnFilter>,
    /// Only rows whose key is in one of these ranges, from (inclusive) and to (exclusive), that do not overlap; range by
    /// range, and in any order within each, whatever is said of sorting. Empty: all rows.
    pub ranges: Vec<(Cell, Cell)>,
    /// The column by which rows are sorted in the order of its index, NULL last; then as below. That order differs
    /// between databases.
    pub along: Option<&'static str>,
    /// The columns by which rows are sorted, NULL last; then by the key, ascending.
    pub order: Vec<SortColumn>,
    /// Whether rows come in any order, whatever is said of sorting.
    pub is_unsorted: bool,
    /// Whether the rows are found before they are sorted, as few of them are.
    pub gathers: bool,
    /// At most this many.
    pub limit: Option<u64>,
    /// Whether everything stored with the rows is read: sessions with the documents of other programs.
    pub is_whole: bool,
}

/// A column by which rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortColumn {
    /// The column.
    pub column: &'static str,
    /// Whether the greatest value comes first.
    pub greatest_first: bool,
}

/// A condition on a column. For NULL, only [`Test::Unknown`], [`Test::NotAnAsn`] and [`Test::Reached`] hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFilter {
    /// The column.
    pub column: &'static str,
    /// The condition.
    pub test: Test,
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It equals this one.
    Is(Cell),
    /// It equals this text, ignoring ASCII case. The text here is in upper case.
    IsInAnyCase(String),
    /// It is NULL.
    Unknown,
    /// It is not NULL.
    Known,
    /// It is no ASN: NULL, or a number that is not one.
    NotAnAsn,
    /// It is this one or greater.
    AtLeast(Cell),
    /// It is this one or less.
    AtMost(Cell),
    /// It is NULL, or not before this one in the order of the column's index.
    Reached(Cell),
    /// It is greater.
    Above(Cell),
    /// It is in one of these ranges, from (inclusive) and to (exclusive); `None`: without an end.
    Within(Vec<(Cell, Option<Cell>)>),
    /// It is one of these texts.
    OneOf(Vec<String>),
}

/// A value. Texts are compared bytewise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A number.
    Number(i64),
    /// A timestamp.
    Timestamp(Timestamp),
    /// A text.
    Text(String),
}

impl From<&ListValue> for Cell {
    fn from(value: &ListValue) -> Self {
        match value {
            ListValue::Number(number) => Self::Number(*number),
            ListValue::Timestamp(timestamp) => Self::Timestamp(*timestamp),
            ListValue::Text(text) => Self::Text(text.clone()),
        }
    }
}

impl From<&ListCondition> for Test {
    fn from(condition: &ListCondition) -> Self {
        match condition {
            ListCondition::Unknown => Self::Unknown,
            ListCondition::Known => Self::Known,
            ListCondition::Is(value) => Self::Is(value.into()),
            ListCondition::IsInAnyCase(text) => Self::IsInAnyCase(text.clone()),
            ListCondition::AtLeast(value) => Self::AtLeast(value.into()),
            ListCondition::AtMost(value) => Self::AtMost(value.into()),
        }
    }
}

impl Cell {
    pub(crate) const fn arg(&self) -> Arg<'_> {
        match self {
            Self::Number(number) => Arg::Number(Some(*number)),
            Self::Timestamp(timestamp) => Arg::Timestamp(Some(*timestamp)),
            Self::Text(text) => Arg::Text(Some(text.as_str())),
        }
    }
}

/// A row of a list.
#[derive(Clone, Debug)]
pub enum StoredRow {
    /// A row of [`ASN_INVENTORY`](crate::schema::ASN_INVENTORY).
    Asn(StoredAsn),
    /// A row of [`IP_INVENTORY`](crate::schema::IP_INVENTORY).
    Address(StoredAddress),
    /// A row of [`SESSION_SUMMARIES`](crate::schema::SESSION_SUMMARIES).
    Session(StoredSession),
    /// The same, in a list of whole rows.
    DocumentedSession(DocumentedSession),
}

impl Listing {
    pub(crate) fn of(table: &'static Table, limit: Option<u64>) -> Self {
        Self {
            table,
            filters: Vec::new(),
            ranges: Vec::new(),
            along: None,
            order: Vec::new(),
            is_unsorted: false,
            gathers: false,
            limit,
            is_whole: false,
        }
    }

    /// The rows that meet all of `filters`.
    pub fn filtered(table: &'static Table, filters: &[ColumnFilter]) -> Self {
        Self {
            filters: filters.to_vec(),
            ..Self::of(table, None)
        }
    }

    /// All rows with everything stored with them.
    pub(crate) fn whole(table: &'static Table) -> Self {
        Self {
            is_whole: true,
            ..Self::of(table, None)
        }
    }

    pub(crate) fn add(&mut self, column: &'static str, test: Test) {
        self.filters.push(ColumnFilter { column, test });
    }

    pub(crate) fn add_since(&mut self, column: &'static str, since: Option<Timestamp>) {
        if let Some(since) = since {
            self.add(column, Test::AtLeast(Cell::Timestamp(since)));
        }
    }

    /// Whether a row would have to have a text with a zero byte.
    pub fn has_zero_byte(&self) -> bool {
        let mut tests = self.filters.iter().map(|filter| &filter.test);
        tests.any(|test| match test {
            Test::Is(Cell::Text(text))
            | Test::AtLeast(Cell::Text(text))
            | Test::AtMost(Cell::Text(text))
            | Test::IsInAnyCase(text) => text.contains('\0'),
            _ => false,
        })
    }

    /// The conditions on the column by which rows are sorted, and the others.
    pub(crate) fn filters_along_order(&self) -> (Vec<ColumnFilter>, Vec<ColumnFilter>) {
        let sorted_by = self.order.first().map(|order| order.column);
        let along = self
            .along
            .or(sorted_by)
            .or_else(|| self.table.key.first().copied());
        let filters = self.filters.iter().cloned();
        filters.partition(|filter| Some(filter.column) == along)
    }

    /// Whether a row, of which `value` returns columns, is in the list.
    pub fn matches(&self, value: impl Fn(&str) -> Option<Cell>) -> bool {
        let is_in_range = || {
            let key = value(self.table.key.first()?)?;
            let mut ranges = self.ranges.iter();
            ranges.find(|(from, to)| key >= *from && key < *to)
        };
        if !self.ranges.is_empty() && is_in_range().is_none() {
            return false;
        }
        self.filters.iter().all(|ColumnFilter { column, test }| {
            let value = value(column);
            match test {
                Test::Unknown => value.is_none(),
                Test::Known => value.is_some(),
                Test::NotAnAsn => match value {
                    Some(Cell::Number(number)) => Asn::from_i64(number).is_none(),
                    _ => true,
                },
                Test::IsInAnyCase(text) => {
                    matches!(value, Some(Cell::Text(value)) if value.eq_ignore_ascii_case(text))
                }
                Test::Is(cell) => value.as_ref() == Some(cell),
                Test::AtLeast(cell) => value.is_some_and(|value| value >= *cell),
                Test::AtMost(cell) => value.is_some_and(|value| value <= *cell),
                Test::Reached(cell) => value.is_none_or(|value| value >= *cell),
                Test::Above(cell) => value.is_some_and(|value| value > *cell),
                Test::Within(ranges) => value.is_some_and(|value| {
                    let mut ranges = ranges.iter();
                    ranges.any(|(from, to)| {
                        value >= *from && to.as_ref().is_none_or(|to| value < *to)
                    })
                }),
                Test::OneOf(texts) => {
                    matches!(value, Some(Cell::Text(value)) if texts.contains(&value))
                }
            }
        })
    }
}
