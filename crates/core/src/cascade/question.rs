//! Questions to the cascade.

use crate::address::Address;
use crate::document::Document;

/// An address to run through the cascade, with what is known about it.
#[derive(Clone, Debug)]
pub struct Question {
    /// The address.
    pub address: Address,
    /// Its stored document; empty if nothing is stored.
    pub known: Document,
}
