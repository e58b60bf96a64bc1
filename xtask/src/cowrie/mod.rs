//! Cowrie logs: one JSON object a line, sessions interleaved, in chronological order.

mod address;
mod content;
mod event;
mod line;
mod sample;
mod session;
mod stream;

pub use address::{bulk_address, global_first_octet};
pub use sample::{CowrieSample, sample};
pub use stream::{LogSummary, Spec, Stream, write_log};
