//! What `enrich` reads: addresses, lists, logs, NDJSON, CSV and Cowrie's JSON, from arguments, files
//! and standard input, compressed or not.
//!
//! [`RecordReader`] turns an [`InputSource`] into [`Record`]s, or into [`Block`]s that several [`Parser`]s work on at a time;
//! [`Sightings`] sum up records, and [`Aggregator`] turns them into the chunks that the pipeline takes in.
//!
//! ```
//! use ipcascade::input::{Aggregator, InputOptions, InputSource, Item, Limits, RecordReader, Sightings};
//!
//! let source = InputSource::from_argument("192.0.2.0/30");
//! let mut reader = RecordReader::open(&source, &InputOptions::default()).unwrap();
//! let now = "2026-01-01T00:00:00Z".parse().unwrap();
//! let mut sightings = Sightings::new(now);
//! while let Some(item) = reader.next().unwrap() {
//!     match item {
//!         Item::Record(record) => {
//!             for address in record.addresses.clone() {
//!                 sightings.add(address, record.moment, record.session.as_ref());
//!             }
//!         }
//!         Item::Unreadable(unreadable) => eprintln!("{unreadable}"),
//!     }
//! }
//! let mut aggregator = Aggregator::new(Limits::default());
//! aggregator.add(sightings);
//! aggregator.finish();
//! assert_eq!(aggregator.pop().unwrap().lookups, 4);
//! ```

mod aggregate;
mod blocks;
mod cowrie;
mod csv;
mod decompress;
mod detect;
mod error;
mod list;
mod names;
mod ndjson;
mod options;
mod parser;
mod reader;
mod record;
mod scan;
mod sessions;
mod sightings;
mod source;
mod span;
#[cfg(test)]
mod tests;
mod text;

pub use aggregate::{AggregateCounts, Aggregator, Limits};
pub use blocks::Block;
pub use error::{InputError, Unreadable};
pub use options::{Column, InputFormat, InputOptions};
pub use parser::{Cursor, Form, Parser};
pub use reader::{ReadCounts, RecordReader};
pub use record::{Addresses, Item, Record, Session};
pub use sightings::Sightings;
pub use source::InputSource;
pub use span::{AddressSpan, ParseSpanError};
