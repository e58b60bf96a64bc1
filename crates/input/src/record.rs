//! What an input is made of.

use std::borrow::Cow;
use std::cell::Cell;
use std::slice;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use super::exclude::Exclude;
use super::{AddressSpan, Problem};

/// One line, record of a table or JSON value.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its addresses. Empty for a record that is [left out](Self::is_left_out), for events without the address of
    /// their session, and if all are excluded.
    pub addresses: Addresses<'a>,
    /// How many cells it has, if it is a row of a table.
    pub cells: Option<usize>,
    /// When it was, if it says so.
    pub time: Option<Timestamp>,
    /// The session that it is an event of.
    pub session: Option<Session<'a>>,
    /// The number of its (first) line, from 1.
    pub line: u64,
    /// The record as it was read, without the line end; `None` of what is not a record at all.
    pub original: Option<Original<'a>>,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Original<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they begin in their block.
    pub offset: usize,
}

impl<'a> Record<'a> {
    /// A record in which there is nothing.
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

    /// Whether there is nothing in it that counts.
    pub fn is_left_out(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_left_out())
    }
}

/// The session that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// The sensor's id of the session.
    pub id: Cow<'a, str>,
    /// The sensor, if the event names it.
    pub sensor: Option<Cow<'a, str>>,
    /// Whether the event is the end of the session.
    pub is_closed: bool,
    /// Whether it is from an address that does not count.
    pub is_excluded: bool,
    /// What tells the event from others of the session.
    pub event: u64,
}

/// The addresses of a record but for excluded ones, which are counted; those of a CIDR or a range are made as they are
/// asked for.
#[derive(Clone, Debug)]
pub struct Addresses<'a> {
    kind: AddressesKind<'a>,
    /// Of which field each address is.
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

    /// With the places of the fields that they are of.
    pub(super) fn of_fields(self, fields: &'a [usize]) -> Self {
        Self {
            fields: fields.iter(),
            ..self
        }
    }

    /// The next one, with the place of the field that it is of among those that were asked for.
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

    /// Without those that `exclude` holds, which `count` counts.
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
