//! The keys about a section itself, which are not fields of a provider.

use crate::field::Field;

/// When a section was obtained (RFC 3339, UTC); every section of ours has it.
pub const CACHED_AT: &str = "cached_at";

/// The version of the data that a section was made from, for providers that have one.
pub const VERSION: &str = "version";

/// The prefix that an answer is for.
pub const PREFIX: &str = "prefix";

/// The IPv4 address that an answer is about, in the section of an IPv6 address that embeds it.
pub const EMBEDDED_IPV4: &str = Field::EMBEDDED_IPV4.name();

/// `false` in a section for "not found": the provider was asked and knows nothing.
pub const FOUND: &str = "found";

/// The keys about a section itself: no field of a provider has one of these names, except a valid `prefix`.
pub const RESERVED_KEYS: [&str; 5] = [CACHED_AT, VERSION, PREFIX, FOUND, EMBEDDED_IPV4];
