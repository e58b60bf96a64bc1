//! The pipeline: chunks of addresses through freshness check, cascade and store, several at a time, with bounded memory
//! and back-pressure.

mod error;
mod record_queue;
mod recorder;
mod report;
mod run;
mod slow_steps;

pub use error::RunError;
pub use report::RunReport;
pub use run::{Chunk, Pipeline};
