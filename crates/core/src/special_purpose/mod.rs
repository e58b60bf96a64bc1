//! Addresses that are not global unicast: the IANA special-purpose registries.
//!
//! Sources, as of 2026: [IPv4 special-purpose registry], [IPv6 special-purpose registry],
//! [IPv4 multicast], [IPv6 address space], and [RFC 1112 section 4] for the former class E.
//!
//! [IPv4 special-purpose registry]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [IPv6 special-purpose registry]: https://www.iana.org/assignments/iana-ipv6-special-registry
//! [IPv4 multicast]: https://www.iana.org/assignments/multicast-addresses
//! [IPv6 address space]: https://www.iana.org/assignments/ipv6-address-space
//! [RFC 1112 section 4]: https://www.rfc-editor.org/rfc/rfc1112#section-4

mod blocks;
mod classify;
mod embedded;
mod ipv4;
mod ipv6;
mod purpose;
#[cfg(test)]
mod registry_rows;

pub use classify::special_purpose;
pub use embedded::EmbeddedIpv4;
pub use purpose::SpecialPurpose;
