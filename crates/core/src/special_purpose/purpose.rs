//! Why an address is not global.

/// Why an address is not global: its purpose and the RFC that reserves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialPurpose {
    /// The purpose in a word or two, such as `private-use`.
    pub reason: &'static str,
    /// The document that reserves the block.
    pub source: &'static str,
}
