//! The enrichment document of an address: one JSON object with a section for each provider.

mod content;
mod failures;
mod parse;
mod sections;
mod write;

pub use failures::{FAILURES, RecordedFailure};
pub use parse::{DocumentDefect, UNREADABLE};
pub use sections::{Document, VALIDATION};

#[cfg(test)]
mod tests;
