//! The records of an MRT dump that hold unicast routes, as a stream for the parser, which cannot distinguish multicast
//! from unicast routes, nor a truncated file from a complete one.

use std::io::{self, Read};

use bgpkit_parser::error::ParserError;
use bgpkit_parser::models::{EntryType, MrtMessage, TableDumpV2Message, TableDumpV2Type};
use bgpkit_parser::{RawMrtRecord, chunk_mrt_record};

/// The offset of the prefix length in a `TABLE_DUMP_V2` RIB record, after the sequence number.
const PREFIX_LENGTH: usize = 4;

/// A stream of records.
pub(crate) struct RecordStream<R> {
    reader: R,
    record: Vec<u8>,
    position: usize,
    has_ended: bool,
    seen: StreamCounts,
}

/// Counts of what a stream of records contained.
#[derive(Debug, Default)]
pub(crate) struct StreamCounts {
    /// The number of records.
    pub(crate) records: u64,
    /// The number of records other than unicast routes and the peer index table.
    pub(crate) other: u64,
    /// The collector's name for its view, or for itself.
    pub(crate) collector: Option<String>,
    /// The number of routes that `TABLE_DUMP_V2` records announce.
    pub(crate) promised: u64,
    /// Why it could not be read to its end.
    pub(crate) broken: Option<String>,
}

impl<R: Read> RecordStream<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            record: Vec::new(),
            position: 0,
            has_ended: false,
            seen: StreamCounts::default(),
        }
    }

    /// Returns what the stream contained.
    pub(crate) fn into_seen(self) -> StreamCounts {
        self.seen
    }

    /// Advances to the next record to pass on, if there is one.
    fn advance(&mut self) -> bool {
        while !self.has_ended {
            match chunk_mrt_record(&mut self.reader) {
                Ok(raw) => {
                    if self.take(&raw) {
                        return true;
                    }
                }
                Err(error) => {
                    self.has_ended = true;
                    if !matches!(error.error, ParserError::EofExpected) {
                        self.seen.broken = Some(error.to_string());
                    }
                }
            }
        }
        false
    }

    fn take(&mut self, raw: &RawMrtRecord) -> bool {
        let header = &raw.common_header;
        self.seen.records += 1;
        let is_wanted = match header.entry_type {
            EntryType::TABLE_DUMP => true,
            EntryType::TABLE_DUMP_V2 => self.take_v2(raw),
            _ => false,
        };
        if !is_wanted {
            self.seen.other += 1;
            return false;
        }
        self.record.clear();
        self.record.extend_from_slice(&raw.header_bytes);
        self.record.extend_from_slice(&raw.message_bytes);
        self.position = 0;
        true
    }

    fn take_v2(&mut self, raw: &RawMrtRecord) -> bool {
        match TableDumpV2Type::try_from(raw.common_header.entry_subtype) {
            Ok(TableDumpV2Type::PeerIndexTable) => {
                if let Some(collector) = collector(raw.clone()) {
                    self.seen.collector = Some(collector);
                }
                true
            }
            Ok(
                TableDumpV2Type::RibIpv4Unicast
                | TableDumpV2Type::RibIpv6Unicast
                | TableDumpV2Type::RibIpv4UnicastAddPath
                | TableDumpV2Type::RibIpv6UnicastAddPath,
            ) => {
                self.seen.promised += u64::from(promised(&raw.message_bytes).unwrap_or_default());
                true
            }
            _ => false,
        }
    }
}

fn collector(raw: RawMrtRecord) -> Option<String> {
    let Ok(MrtMessage::TableDumpV2Message(TableDumpV2Message::PeerIndexTable(peers))) =
        raw.parse().map(|record| record.message)
    else {
        return None;
    };
    Some(match peers.view_name.trim() {
        "" => format!("collector {}", peers.collector_bgp_id),
        name => name.to_owned(),
    })
}

/// The number of routes that a record announces; the parser silently drops those it cannot read.
fn promised(body: &[u8]) -> Option<u16> {
    let octets = usize::from(body.get(PREFIX_LENGTH)?.div_ceil(8));
    let count = body.get(PREFIX_LENGTH + 1 + octets..)?.first_chunk()?;
    Some(u16::from_be_bytes(*count))
}

impl<R: Read> Read for RecordStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.record.len() && !self.advance() {
            return Ok(0);
        }
        let read = (&self.record[self.position..]).read(buffer)?;
        self.position += read;
        Ok(read)
    }
}
