//! Results of fast steps are recorded at once, those of slow steps as they come, and the final inventory is the same as
//! if all had come at once.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod any_steps;
mod run;
mod table;
mod waiting;
