//! What an input is made of.

use std::borrow::Cow;
use std::slice;

use ipcascade_core::{Address, Timestamp};

use super::{AddressSpan, Unreadable};

/// What the reader comes upon.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A record.
    Record(Record<'a>),
    /// A line, or a part of one, that gives no record.
    Unreadable(Unreadable),
}

/// One line (or record of a CSV file) in which there are addresses.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its addresses, at least one.
    pub addresses: Addresses<'a>,
    /// When it was, if it says so.
    pub moment: Option<Timestamp>,
    /// The session that it is an event of.
    pub session: Option<Session<'a>>,
    /// The number of its (first) line, from 1.
    pub line: u64,
    /// The record as it was read, without the line end.
    pub original: &'a [u8],
    /// Where that begins in its block.
    pub offset: usize,
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
}

/// The addresses of a record; those of a CIDR or a range are made as they are asked for.
#[derive(Clone, Debug)]
pub struct Addresses<'a>(Kind<'a>);

#[derive(Clone, Debug)]
enum Kind<'a> {
    One(Option<Address>),
    Each(slice::Iter<'a, Address>),
    Span(AddressSpan),
}

impl<'a> Addresses<'a> {
    pub(super) const fn one(address: Address) -> Self {
        Self(Kind::One(Some(address)))
    }

    pub(super) fn each(addresses: &'a [Address]) -> Self {
        Self(Kind::Each(addresses.iter()))
    }

    pub(super) const fn span(span: AddressSpan) -> Self {
        Self(Kind::Span(span))
    }
}

impl Iterator for Addresses<'_> {
    type Item = Address;

    fn next(&mut self) -> Option<Address> {
        match &mut self.0 {
            Kind::One(address) => address.take(),
            Kind::Each(addresses) => addresses.next().copied(),
            Kind::Span(span) => span.next(),
        }
    }
}
