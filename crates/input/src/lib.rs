//! What `enrich` reads: addresses, lists, logs, NDJSON, CSV and events of honeypots, from arguments, files and standard
//! input, packed or not. Nothing here knows of providers or stores.
//!
//! [`open`] unpacks an [`InputSource`] and recognises its format by its content. [`RecordReader`] turns it into
//! [`Record`]s, or into [`Block`]s that several [`Parser`]s work on at a time; [`Sightings`] sum up records, and
//! [`Aggregator`] turns them into the chunks that the pipeline takes in.
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
//!
//! # Formats
//!
//! | [`InputFormat`] | A record is | Source |
//! |---|---|---|
//! | `list` | a line: an address, prefix or range, or several addresses; `#` and `;` begin comments | |
//! | `text` | a line with an address; every whole address in it counts | syslog: [RFC 3164], [RFC 5424] |
//! | `ndjson` | a JSON value: one a line, several, pretty-printed, elements of an array | [RFC 8259], [RFC 7464] |
//! | `csv` | a record of fields, with or without a header; Zeek's and the W3C's logs | [RFC 4180], [W3C extended log] |
//! | `cowrie` | an event of a honeypot, also in an envelope | [Cowrie's events] |
//!
//! Containers are gzip ([RFC 1952]), bzip2, zstd ([RFC 8878]), xz, lz4, zip, tar and UTF-16, up to eight in one another.
//!
//! # Events of honeypots
//!
//! ```text
//! {"eventid":"cowrie.login.failed","src_ip":"198.51.100.7","session":"0a1b2c3d4e5f","sensor":"hp1",
//!  "timestamp":"2025-03-01T10:00:00.123456Z","username":"root","password":"123456"}
//! ```
//!
//! | Member | What becomes of it |
//! |---|---|
//! | `eventid` | begins with `cowrie.`, `adbhoney.`, or is `COW` or `KIPP` and a number: the object is an event |
//! | `session`, `sensor` | the [`Session`]; 256 bytes each at most |
//! | `src_ip` | the address; not believed in events of forwarded connections (`cowrie.direct-tcpip.…`) |
//! | `timestamp` | the time ([RFC 3339]) |
//! | `cowrie.session.closed` | ends the session; without it a session ends when it is idle for 10 minutes and 1,000 events |
//! | all members | a hash that distinguishes the event from others of its session, stored in 48 bits |
//!
//! Records of Heralding and Conpot are sessions as well. What was typed (`input`, `password`, …) is never looked into.
//!
//! # Invariants
//!
//! - Memory does not grow with the input: lines, expansions, open sessions and remembered addresses are bounded
//!   ([`InputOptions`], [`Limits`]).
//! - The same blocks of sightings in the same order make the same chunks.
//! - A record that cannot be read is a [`Problem`] with input and line, and is left out; an input that cannot be read is an
//!   [`InputError`]. All records before the place of a failure are delivered.
//! - A time without a zone is UTC. A record without a time never gets that of the run.
//!
//! [Cowrie's events]: https://docs.cowrie.org/en/latest/OUTPUT.html
//! [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952
//! [RFC 3164]: https://www.rfc-editor.org/rfc/rfc3164
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
//! [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180
//! [RFC 5424]: https://www.rfc-editor.org/rfc/rfc5424
//! [RFC 7464]: https://www.rfc-editor.org/rfc/rfc7464
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
//! [RFC 8878]: https://www.rfc-editor.org/rfc/rfc8878
//! [W3C extended log]: https://www.w3.org/TR/WD-logfile.html

mod aggregate;
mod block;
mod block_cursor;
mod blocks;
mod comments;
mod container;
mod container_lines;
mod csv;
mod error;
mod escapes;
mod exclude;
mod exclude_list;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod limits;
mod line_trim;
mod list;
mod names;
mod not_an_address;
mod options;
mod parsed_record;
mod parser;
mod read_bytes;
mod reader;
mod recognition;
mod record;
mod record_end;
mod record_form;
mod refang;
mod scan;
mod sessions;
mod sightings;
mod skipped_text;
mod source;
mod span;
mod spelling;
mod split;
mod table_record;
mod tally;
#[cfg(test)]
mod tests;
mod times;
mod transform;
mod written_address;
mod zeros;

pub use aggregate::{AggregateCounts, Aggregator};
pub use block::Block;
pub use block_cursor::BlockCursor;
pub use container::Input;
pub use csv::{Cells, is_fields};
pub use error::{InputError, Problem, ProblemKind};
pub use exclude::Exclude;
pub use json::{FlatMember, FlatMembers, flat_members, has_member, object_in};
pub use limits::Limits;
pub use options::{CsvColumn, InputFormat, InputOptions, MemberNames};
pub use parser::Parser;
pub use read_bytes::ReadBytes;
pub use reader::{RecordReader, TakeReader, open};
pub use record::{Addresses, Original, Record, Session};
pub use record_form::RecordForm;
pub use sightings::Sightings;
pub use skipped_text::{Skip, Skipped};
pub use source::{InputSource, argument_hint};
pub use span::{AddressSpan, ParseSpanError};
pub use spelling::Spelling;
pub use tally::Tally;
pub use written_address::{MOST_IN_FIELD, list_entry};
