//! What the targets share.

mod file;
mod pieces;
mod providers;
mod records;
mod time;

pub use file::InFile;
pub use pieces::Pieces;
pub use providers::{Built, check_outcome, look_up};
pub use records::records;
pub use time::{now, options};
