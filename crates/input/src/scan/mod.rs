//! Finds addresses in free text.

mod byte_class;
mod byte_run;
mod packet;
mod scan;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use scan::{has_address, scan};
