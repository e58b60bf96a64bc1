//! The records of a block, with what is needed to write them again.

use std::sync::Arc;

use ipcascade_core::Address;

use crate::commands::enrich::read::Parse;
use crate::input::{Block, Cursor, Form, Item, Parser, Unreadable};

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

    fn in_parts<E>(
        self,
        form: &Arc<Form>,
        block: Block,
        most: usize,
        mut take: impl FnMut(Parsed) -> Result<(), E>,
    ) -> Result<Parsed, E> {
        let mut parser = Parser::new(form);
        let mut cursor = Cursor::default();
        let mut parsed = Parsed::default();
        while let Some(item) = parser.next(&block, &mut cursor) {
            let record = match item {
                Item::Record(record) => record,
                Item::Unreadable(unreadable) => {
                    parsed.unreadable.push(unreadable);
                    continue;
                }
            };
            let mut passing = Passing {
                offset: record.offset,
                length: record.original.len(),
                addresses: 0,
            };
            for address in record.addresses {
                if parsed.addresses.len() >= most {
                    parsed.records.push(passing);
                    passing.addresses = 0;
                    take(std::mem::take(&mut parsed))?;
                }
                parsed.addresses.push(address);
                passing.addresses += 1;
            }
            parsed.records.push(passing);
        }
        parsed.block = block;
        Ok(parsed)
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
