//! Which sections count: those that are found, and are not for another prefix.

use crate::address::Address;
use crate::asn::Asn;
use crate::document::Document;
use crate::provider_name::ProviderName;
use crate::section::{SectionValue, SectionView};

/// The section of `source`, if it is found and can be about `address`.
pub(super) fn usable(
    document: &Document,
    source: ProviderName,
    address: Address,
) -> Option<SectionView<'_>> {
    document
        .section(source.as_str())
        .filter(|section| section.is_found() && section.concerns(address))
}

/// The AS that a section names.
pub(super) fn asn_of(section: SectionView<'_>, key: &str) -> Option<Asn> {
    match section.said_near(key, &mut 0)? {
        SectionValue::Value(value) => Asn::from_json(value),
        SectionValue::Prefix(_) | SectionValue::Version(_) | SectionValue::CachedAt(_) => None,
    }
}
