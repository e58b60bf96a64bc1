//! Which spellings of addresses are accepted.

/// Which ambiguous spellings are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// `010.001.002.003` is 10.1.2.3: the zeros are padding, and do not mean octal numbers.
    pub zero_padded: bool,
    /// `3232235777` is 192.168.1.1.
    pub integers: bool,
}
