//! Finds addresses in free text.

mod byte_class;
mod byte_run;
mod finder;
mod packet;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use finder::{has_address, scan};
