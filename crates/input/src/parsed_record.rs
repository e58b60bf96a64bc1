//! What a record says: its addresses, time and session; and how it is counted and reported.

use std::borrow::Cow;
use std::cell::Cell;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::error::{Problem, ProblemKind};
use crate::json::{FoundFields, NoRecord, Object};
use crate::record::{Addresses, Original, Record, Session};
use crate::record_form::{Details, RecordForm};
use crate::scan;
use crate::table_record::TableRecord;
use crate::tally::{Tally, field_bit};
use crate::times::BadTime;

/// A record, and where it is counted and reported.
pub(super) struct CountedRecord<'b> {
    pub(super) form: &'b RecordForm,
    pub(super) original: Original<'b>,
    pub(super) line: u64,
    pub(super) problems: &'b mut Vec<Problem>,
    pub(super) tally: &'b mut Tally,
    pub(super) excluded: &'b Cell<u64>,
}

impl<'b> CountedRecord<'b> {
    #[inline]
    pub(super) fn finish(
        self,
        mut read: ParsedRecord<'b>,
        result: Result<(), NoRecord>,
    ) -> Record<'b> {
        let Self {
            form,
            original,
            line,
            problems,
            tally,
            excluded,
        } = self;
        let (mut is_record, mut left_out) = (true, None);
        match (result, read.time.take()) {
            (Err(NoRecord::Broken(reason)), _) => (is_record, left_out) = (false, Some(reason)),
            (Err(NoRecord::NoAddress(reason)), _) => left_out = Some(reason),
            (Ok(()), Some(Err(BadTime::BrokenClock(reason)))) => left_out = Some(reason),
            (Ok(()), Some(Err(BadTime::Unreadable(reason)))) => {
                problems.push(form.problem(line, ProblemKind::Untimed, reason));
            }
            (Ok(()), time) => read.time = time,
        }
        let original =
            (is_record || matches!(form.details, Details::Csv { .. })).then_some(original);
        if let Some(reason) = left_out {
            tally.left_out += 1;
            problems.push(form.problem(line, ProblemKind::LeftOut, reason));
            return Record {
                original,
                cells: read.cells,
                problems,
                ..Record::nothing(line)
            };
        }
        if let Some(reason) = read.part {
            problems.push(form.problem(line, ProblemKind::Part, reason));
        }
        let time = read.time.and_then(Result::ok).or(form.seen_at);
        tally.records += 1;
        tally.untimed += u64::from(time.is_none());
        for &field in read.fields {
            tally.fields |= field_bit(field);
        }
        Record {
            addresses: read
                .addresses
                .of_fields(read.fields)
                .without(&form.exclude, excluded),
            cells: read.cells,
            time,
            session: read.session,
            line,
            original,
            problems,
        }
    }
}

/// What was read from a record.
pub(super) struct ParsedRecord<'b> {
    pub(super) addresses: Addresses<'b>,
    /// The field of each address, if several were requested.
    pub(super) fields: &'b [usize],
    pub(super) time: Option<Result<Timestamp, BadTime>>,
    session: Option<Session<'b>>,
    /// Why one of its addresses is invalid.
    part: Option<String>,
    pub(super) cells: Option<usize>,
}

impl<'b> ParsedRecord<'b> {
    /// Takes what was read from a JSON object.
    pub(super) fn take(&mut self, said: Object<'b>, object: &'b FoundFields, form: &RecordForm) {
        self.addresses = match said.address {
            Some(address) => Addresses::one(address),
            None if said.is_event => Addresses::none(),
            None => Addresses::each(&object.addresses),
        };
        self.fields = &object.of_field;
        (self.time, self.session, self.part) = (said.time, said.session, said.refused);
        if let Some(session) = &mut self.session
            && !form.exclude.is_empty()
        {
            let mut addresses = self.addresses.clone().peekable();
            session.is_excluded =
                addresses.peek().is_some() && addresses.all(|address| form.exclude.holds(address));
        }
    }
}

impl<'b> ParsedRecord<'b> {
    /// Takes the addresses and the time of a line of text; returns whether it has any address.
    pub(super) fn take_text(
        &mut self,
        text: &[u8],
        form: &RecordForm,
        found: &'b mut Vec<Address>,
        tally: &mut Tally,
    ) -> bool {
        if found.is_empty() {
            scan::scan(text, form.spelling, found, &mut tally.skipped);
        }
        if found.is_empty() {
            tally.passed_over += 1;
            return false;
        }
        self.addresses = Addresses::each(found);
        let line = match std::str::from_utf8(text) {
            Ok(line) => Cow::Borrowed(line),
            Err(_) => String::from_utf8_lossy(text),
        };
        self.time = form.times.find(&line).transpose();
        true
    }

    /// Takes the addresses and the time of a row of a table.
    pub(super) fn take_row(
        &mut self,
        row: TableRecord<'_>,
        form: &RecordForm,
        found: &'b mut Vec<Address>,
        of_field: &'b mut Vec<usize>,
    ) -> Result<(), NoRecord> {
        let part = row.read(form, found, of_field)?;
        self.part = part.or_else(|| row.too_wide());
        self.addresses = Addresses::each(found);
        if row.layout.columns.len() > 1 {
            self.fields = of_field;
        }
        self.time = row.time(&form.times);
        Ok(())
    }
}

impl Default for ParsedRecord<'_> {
    fn default() -> Self {
        Self {
            addresses: Addresses::none(),
            fields: &[],
            time: None,
            session: None,
            part: None,
            cells: None,
        }
    }
}
