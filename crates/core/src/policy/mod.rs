//! Which source wins: one merged value for each field, derived from the sections each time.

mod evidence;
mod merged_view;
mod plausibility;
mod source_order;
mod subject;
mod usable_section;

pub use merged_view::{Merged, Winner};
pub use source_order::{Policy, PolicySource};

#[cfg(test)]
mod tests;
