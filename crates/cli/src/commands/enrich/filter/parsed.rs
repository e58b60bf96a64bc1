//! The records of a block, with what is needed to write them again.

use std::mem;

use ipcascade_core::Address;

use crate::commands::enrich::read::Parse;
use crate::input::{Block, Record, Unreadable};

/// Keeps the records as they stand in the input, and their addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepRecords;

/// The records of a block.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) block: Block,
    pub(super) records: Vec<Passing>,
    /// The addresses of all of them, in order.
    pub(super) addresses: Vec<Address>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// A record on its way through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    /// Where it begins in its block.
    offset: usize,
    length: usize,
    /// How many addresses it has.
    pub(super) addresses: usize,
}

impl Parse for KeepRecords {
    type Parsed = Parsed;

    fn nothing(self) -> Parsed {
        Parsed::default()
    }

    fn add<E>(
        self,
        parsed: &mut Parsed,
        record: Record<'_>,
        most: usize,
        mut take: impl FnMut(Parsed) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut passing = Passing {
            offset: record.offset,
            length: record.original.len(),
            addresses: 0,
        };
        for address in record.addresses {
            if parsed.addresses.len() >= most {
                parsed.records.push(passing);
                passing.addresses = 0;
                take(mem::take(parsed))?;
            }
            parsed.addresses.push(address);
            passing.addresses += 1;
        }
        parsed.records.push(passing);
        Ok(())
    }

    fn add_unreadable(parsed: &mut Parsed, unreadable: Unreadable) {
        parsed.unreadable.push(unreadable);
    }

    fn finish(parsed: Parsed, block: Block) -> Parsed {
        Parsed { block, ..parsed }
    }
}

impl Parsed {
    /// The record as it was read, without the line end; empty for parts of a list.
    pub(super) fn original(&self, record: Passing) -> &[u8] {
        let end = record.offset + record.length;
        self.block
            .bytes()
            .get(record.offset..end)
            .unwrap_or_default()
    }
}
