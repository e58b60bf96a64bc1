//! What `enrich` reads: addresses, lists, logs, NDJSON, CSV and Cowrie's JSON, from arguments, files
//! and standard input, compressed or not.
//!
//! [`RecordReader`] turns an [`InputSource`] into [`Record`]s, or into [`Block`]s that several [`Parser`]s work on at a time;
//! [`Sightings`] sum up records, and [`Aggregator`] turns them into the chunks that the pipeline takes in.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use ipcascade_input::{Aggregator, InputOptions, InputSource, Limits, Sightings, Spelling, open};
//!
//! let source = InputSource::from_argument("192.0.2.0/30", Spelling::default());
//! let mut sightings = Sightings::default();
//! let _ = open(&source, &InputOptions::default(), &mut |reader| {
//!     let mut reader = reader.unwrap();
//!     while let Some(record) = reader.next().unwrap() {
//!         for problem in record.problems {
//!             eprintln!("{problem}");
//!         }
//!         for address in record.addresses.clone() {
//!             sightings.add(address, record.time, record.session.as_ref());
//!         }
//!     }
//!     ControlFlow::Continue(())
//! });
//! let mut aggregator = Aggregator::new(Limits::default());
//! aggregator.add(sightings);
//! aggregator.finish();
//! assert_eq!(aggregator.pop().unwrap().lookups, 4);
//! ```

mod aggregate;
mod blocks;
mod changed;
mod container;
mod csv;
mod detect;
mod error;
mod escapes;
mod exclude;
mod json;
mod list;
mod names;
mod options;
mod parser;
mod partial;
mod reader;
mod record;
mod scan;
mod sessions;
mod sightings;
mod skipped;
mod source;
mod span;
mod spelling;
mod split;
#[cfg(test)]
mod tests;
mod times;

pub use aggregate::{AggregateCounts, Aggregator, Limits};
pub use blocks::Block;
pub use container::Input;
pub use csv::{Cells, is_fields};
pub use detect::argument_hint;
pub use error::{InputError, Problem, ProblemKind};
pub use exclude::Exclude;
pub use json::{has_member, object_in};
pub use options::{CsvColumn, InputFormat, InputOptions};
pub use parser::{BlockCursor, Parser, RecordForm, Tally};
pub use reader::{RecordReader, TakeReader, open};
pub use record::{Addresses, Original, Record, Session};
pub use sightings::Sightings;
pub use skipped::{Skip, Skipped};
pub use source::InputSource;
pub use span::{AddressSpan, ParseSpanError};
pub use spelling::Spelling;
