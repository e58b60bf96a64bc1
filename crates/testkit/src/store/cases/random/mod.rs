//! Random sequences of batches, recorded by the store and by the model.

mod model;
mod updates;

pub use updates::any_sequence_of_batches_agrees_with_the_model;
pub(super) use updates::{RandomUpdate, step};
