//! The records of a block, with what is needed to write them again.

use std::mem;

use ipcascade_core::address::Address;
use ipcascade_input::{Block, Problem, Record, Tally};

use crate::commands::enrich::read::Parse;

/// Keeps the records as they are in the input, and their addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepRecords;

/// The records of a block.
#[derive(Debug, Default)]
pub(super) struct ParsedRecords {
    pub(super) block: Block,
    pub(super) records: Vec<Passing>,
    /// The addresses of all of them, in order.
    pub(super) addresses: Vec<Address>,
    /// The requested field of each address, by index.
    pub(super) fields: Vec<usize>,
    pub(super) problems: Vec<Problem>,
    /// Lines that are not records.
    pub(super) dropped: u64,
    pub(super) tally: Tally,
}

/// A record to be written again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    /// Its offset in its block.
    offset: usize,
    length: usize,
    /// The number of its addresses.
    pub(super) addresses: usize,
    /// The number of its cells, if it is a row of a table.
    pub(super) cells: Option<usize>,
}

impl Parse for KeepRecords {
    type Parsed = ParsedRecords;

    fn nothing(self) -> ParsedRecords {
        ParsedRecords::default()
    }

    fn add<E>(
        self,
        parsed: &mut ParsedRecords,
        record: Record<'_>,
        most: usize,
        mut take: impl FnMut(ParsedRecords) -> Result<(), E>,
    ) -> Result<(), E> {
        parsed.problems.extend_from_slice(record.problems);
        // Something that is not a record has no place among records.
        let Some(original) = record.original else {
            parsed.dropped += 1;
            return Ok(());
        };
        let mut passing = Passing {
            offset: original.offset,
            length: original.bytes.len(),
            addresses: 0,
            cells: record.cells,
        };
        let mut addresses = record.addresses;
        while let Some((address, field)) = addresses.next_of_field() {
            if parsed.addresses.len() >= most {
                parsed.records.push(passing);
                passing.addresses = 0;
                take(mem::take(parsed))?;
            }
            parsed.addresses.push(address);
            parsed.fields.push(field);
            passing.addresses += 1;
        }
        parsed.records.push(passing);
        Ok(())
    }

    fn finish(parsed: ParsedRecords, block: Block, tally: Tally) -> ParsedRecords {
        ParsedRecords {
            block,
            tally,
            ..parsed
        }
    }
}

impl ParsedRecords {
    /// Keeps only the records before the first one with an address beyond the first `addresses`; returns whether there
    /// is such a record.
    pub(super) fn cut_to(&mut self, addresses: usize) -> bool {
        if addresses >= self.addresses.len() {
            return false;
        }
        let mut counted = 0;
        let is_whole = |record: &Passing| {
            counted += record.addresses;
            counted <= addresses
        };
        let whole = self.records.iter().copied().take_while(is_whole);
        self.records = whole.collect();
        let kept = self.records.iter().map(|record| record.addresses).sum();
        self.addresses.truncate(kept);
        self.fields.truncate(kept);
        // The counts may include what comes after the cut.
        (self.dropped, self.tally) = (0, Tally::default());
        true
    }

    /// The record as it was read, without the line end; empty for parts of a list.
    pub(super) fn original(&self, record: Passing) -> &[u8] {
        let end = record.offset + record.length;
        self.block
            .bytes()
            .get(record.offset..end)
            .unwrap_or_default()
    }

    /// How the line of a record ends.
    pub(super) fn line_end(&self, record: Passing) -> &'static [u8] {
        let end = record.offset + record.length;
        match self.block.bytes().get(end) {
            Some(b'\r') => b"\r\n",
            _ => b"\n",
        }
    }
}
