//! The records of an input.

use std::borrow::Cow;
use std::cell::Cell;
use std::slice;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::error::Problem;
use crate::exclude::Exclude;
use crate::span::AddressSpan;

/// One line, record of a table or JSON value.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its addresses. Empty for a record that is [left out](Self::is_left_out), for events without the address of their
    /// session, and if all are excluded.
    pub addresses: Addresses<'a>,
    /// The number of cells, if it is a row of a table.
    pub cells: Option<usize>,
    /// Its time, if it has one.
    pub time: Option<Timestamp>,
    /// The session that the event belongs to.
    pub session: Option<Session<'a>>,
    /// The number of its (first) line, from 1.
    pub line: u64,
    /// The record as it was read, without the line end; `None` for what is not a record at all.
    pub original: Option<Original<'a>>,
    /// The faults found in it.
    pub problems: &'a [Problem],
}

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Original<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Their offset in the block.
    pub offset: usize,
}

impl<'a> Record<'a> {
    /// An empty record.
    pub(super) fn nothing(line: u64) -> Self {
        Self {
            addresses: Addresses::none(),
            cells: None,
            time: None,
            session: None,
            line,
            original: None,
            problems: &[],
        }
    }

    /// A comment among records.
    pub(super) fn comment(original: Original<'a>, line: u64) -> Self {
        Self {
            original: Some(original),
            ..Self::nothing(line)
        }
    }

    /// Whether nothing in it counts.
    pub fn is_left_out(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_left_out())
    }
}

/// The session that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// The sensor's ID for the session.
    pub id: Cow<'a, str>,
    /// The sensor, if the event names it.
    pub sensor: Option<Cow<'a, str>>,
    /// Whether the event ends the session.
    pub is_closed: bool,
    /// Whether its address is excluded.
    pub is_excluded: bool,
    /// The identity of the event within the session.
    pub event: u64,
}

/// The addresses of a record without excluded ones, which are counted; those of a CIDR or a range are generated on
/// demand.
#[derive(Clone, Debug)]
pub struct Addresses<'a> {
    kind: AddressesKind<'a>,
    /// The field of each address.
    fields: slice::Iter<'a, usize>,
    excluded: Option<(&'a Exclude, &'a Cell<u64>)>,
}

#[derive(Clone, Debug)]
enum AddressesKind<'a> {
    One(Option<Address>),
    Each(slice::Iter<'a, Address>),
    /// Rare, and large.
    Span(Box<AddressSpan>),
}

impl<'a> Addresses<'a> {
    fn of(kind: AddressesKind<'a>) -> Self {
        Self {
            kind,
            fields: [].iter(),
            excluded: None,
        }
    }

    pub(super) fn none() -> Self {
        Self::of(AddressesKind::One(None))
    }

    pub(super) fn one(address: Address) -> Self {
        Self::of(AddressesKind::One(Some(address)))
    }

    pub(super) fn each(addresses: &'a [Address]) -> Self {
        Self::of(AddressesKind::Each(addresses.iter()))
    }

    pub(super) fn span(span: AddressSpan) -> Self {
        Self::of(AddressesKind::Span(Box::new(span)))
    }

    /// With the index of the field of each address.
    pub(super) fn of_fields(self, fields: &'a [usize]) -> Self {
        Self {
            fields: fields.iter(),
            ..self
        }
    }

    /// Returns the next one, with the index of its requested field.
    pub fn next_of_field(&mut self) -> Option<(Address, usize)> {
        loop {
            let address = match &mut self.kind {
                AddressesKind::One(address) => address.take(),
                AddressesKind::Each(addresses) => addresses.next().copied(),
                AddressesKind::Span(span) => span.next(),
            }?;
            let field = self.fields.next().copied().unwrap_or_default();
            match self.excluded {
                Some((exclude, count)) if exclude.holds(address) => count.set(count.get() + 1),
                _ => return Some((address, field)),
            }
        }
    }

    /// Leaves out those that `exclude` contains, counting them in `count`.
    pub(super) fn without(self, exclude: &'a Exclude, count: &'a Cell<u64>) -> Self {
        Self {
            excluded: (!exclude.is_empty()).then_some((exclude, count)),
            ..self
        }
    }
}

impl Iterator for Addresses<'_> {
    type Item = Address;

    fn next(&mut self) -> Option<Address> {
        if let (AddressesKind::One(address), None) = (&mut self.kind, self.excluded) {
            return address.take();
        }
        self.next_of_field().map(|(address, _)| address)
    }
}
