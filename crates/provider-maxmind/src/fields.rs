//! The fields of a section, and where the files of different publishers have them.

use ipcascade_core::field::{Field, FieldSource};

use crate::normalise::FieldType;

/// The normalised fields among those below.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::COUNTRY_NAME),
    FieldSource::same(Field::CITY),
    FieldSource::same(Field::LATITUDE),
    FieldSource::same(Field::LONGITUDE),
    FieldSource::same(Field::ACCURACY_RADIUS),
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::new(Field::ASN_TYPE, "as_type"),
    FieldSource::same(Field::REGISTERED_COUNTRY),
    FieldSource::same(Field::PREFIX),
    FieldSource::same(Field::ISP),
    FieldSource::same(Field::IS_HOSTING),
    FieldSource::same(Field::IS_VPN),
    FieldSource::same(Field::IS_PROXY),
    FieldSource::same(Field::IS_TOR),
];

/// A field of the section.
#[derive(Debug)]
pub(crate) struct SectionField {
    /// Its key in the section.
    pub(crate) key: &'static str,
    pub(crate) kind: FieldType,
    /// The field that it belongs to: both must be about the same thing.
    pub(crate) belongs_to: Option<&'static str>,
    /// Whether the paths only apply to records with the field that it belongs to: by themselves their names may mean
    /// anything.
    pub(crate) only_with_whole: bool,
    /// Where a record may have it, best first; `{lang}` is the language of the settings, [`RECORD`] the record itself.
    pub(crate) paths: &'static [&'static str],
}

/// The path of a record that is not a map.
pub(crate) const RECORD: &str = ".";

const fn known(key: &'static str, kind: FieldType, paths: &'static [&'static str]) -> SectionField {
    SectionField {
        key,
        kind,
        belongs_to: None,
        only_with_whole: false,
        paths,
    }
}

const fn part_of(
    whole: &'static str,
    key: &'static str,
    kind: FieldType,
    paths: &'static [&'static str],
) -> SectionField {
    SectionField {
        belongs_to: Some(whole),
        ..known(key, kind, paths)
    }
}

const fn only_with(
    whole: &'static str,
    key: &'static str,
    kind: FieldType,
    paths: &'static [&'static str],
) -> SectionField {
    SectionField {
        only_with_whole: true,
        ..part_of(whole, key, kind, paths)
    }
}

/// All recognised fields. Nested paths are MaxMind's and DB-IP's, flat ones those of IPinfo, ip-location-db, iplocate
/// and others, `geo.` and `as.` those of IPinfo's larger files.
#[rustfmt::skip]
pub(crate) const KNOWN: &[SectionField] = &[
    known("country", FieldType::Code, &[
        "country.iso_code", "country_code", "country.code", "country", "geo.country_code", "geo.country", RECORD,
    ]),
    part_of("country", "country_name", FieldType::Text, &[
        "country.names.{lang}", "country.names.en", "country_name", "country.name",
    ]),
    part_of("country", "country_name", FieldType::NameNotCode, &["country", "geo.country"]),
    part_of("country", "country_confidence", FieldType::Count, &["country.confidence"]),
    part_of("country", "is_in_european_union", FieldType::Flag, &[
        "country.is_in_european_union", "is_in_european_union", "is_eu",
    ]),
    known("continent", FieldType::Code, &[
        "continent.code", "continent_code", "continent", "geo.continent_code",
    ]),
    known("city", FieldType::Text, &[
        "city.names.{lang}", "city.names.en", "city", "city_name", "city.name", "geo.city",
    ]),
    part_of("city", "city_confidence", FieldType::Count, &["city.confidence"]),
    known("subdivision", FieldType::Text, &[
        "subdivisions.0.names.{lang}", "subdivisions.0.names.en", "state1", "state", "region",
        "region_name", "geo.region",
    ]),
    known("subdivision_code", FieldType::Text, &[
        "subdivisions.0.iso_code", "region_code", "geo.region_code",
    ]),
    part_of("subdivision", "subdivision_confidence", FieldType::Count, &["subdivisions.0.confidence"]),
    part_of("subdivision", "subdivision2", FieldType::Text, &[
        "subdivisions.1.names.{lang}", "subdivisions.1.names.en", "state2", "region2", "region2_name",
    ]),
    part_of("subdivision", "subdivision2_code", FieldType::Text, &["subdivisions.1.iso_code", "region2_code"]),
    part_of("subdivision", "subdivision2_confidence", FieldType::Count, &["subdivisions.1.confidence"]),
    known("postal", FieldType::Text, &[
        "postal.code", "postcode", "postal_code", "zip_code", "zip", "geo.postal_code",
    ]),
    part_of("postal", "postal_confidence", FieldType::Count, &["postal.confidence"]),
    known("latitude", FieldType::Degrees(90), &[
        "location.latitude", "latitude", "lat", "geo.latitude",
    ]),
    part_of("latitude", "longitude", FieldType::Degrees(180), &[
        "location.longitude", "longitude", "lng", "lon", "geo.longitude",
    ]),
    part_of("latitude", "accuracy_radius", FieldType::Count, &[
        "location.accuracy_radius", "accuracy_radius", "radius", "geo.radius",
    ]),
    known("time_zone", FieldType::Text, &[
        "location.time_zone", "time_zone", "timezone", "geo.timezone",
    ]),
    known("metro_code", FieldType::Count, &["location.metro_code", "metro_code"]),
    known("average_income", FieldType::Count, &["location.average_income", "average_income"]),
    known("population_density", FieldType::Count, &["location.population_density", "population_density"]),
    known("registered_country", FieldType::Code, &[
        "registered_country.iso_code", "registered_country_code", "registered_country",
    ]),
    part_of("registered_country", "registered_country_name", FieldType::Text, &[
        "registered_country.names.{lang}", "registered_country.names.en",
    ]),
    known("represented_country", FieldType::Code, &["represented_country.iso_code"]),
    part_of("represented_country", "represented_country_type", FieldType::Text, &["represented_country.type"]),
    known("asn", FieldType::Asn, &[
        "autonomous_system_number", "asn", "as_number", "as.asn", "asn.asn", "as.number", "asn.number",
        "traits.autonomous_system_number",
    ]),
    known("asn", FieldType::AsnBeforeName, &["asn", "as", "org", RECORD]),
    part_of("asn", "asn_org", FieldType::Text, &[
        "autonomous_system_organization", "as_name", "asn_org", "as_org", "as_organization", "asn_name",
        "as.name", "asn.name", "traits.autonomous_system_organization",
    ]),
    part_of("asn", "asn_org", FieldType::NameAfterAsn, &["asn", "as", "org", RECORD]),
    only_with("asn", "asn_org", FieldType::Text, &["org", "name"]),
    part_of("asn", "as_domain", FieldType::Text, &["as_domain", "as.domain", "asn.domain"]),
    part_of("asn", "as_type", FieldType::Text, &["as_type", "as.type", "asn.type"]),
    known("isp", FieldType::Text, &["isp", "traits.isp"]),
    known("organization", FieldType::Text, &["organization", "traits.organization"]),
    known("domain", FieldType::Text, &["domain", "traits.domain"]),
    known("connection_type", FieldType::Text, &["connection_type", "traits.connection_type"]),
    known("user_type", FieldType::Text, &["user_type", "traits.user_type"]),
    known("mobile_country_code", FieldType::Text, &["mobile_country_code", "traits.mobile_country_code"]),
    known("mobile_network_code", FieldType::Text, &["mobile_network_code", "traits.mobile_network_code"]),
    known("is_anonymous", FieldType::Flag, &["is_anonymous", "traits.is_anonymous"]),
    known("is_vpn", FieldType::Flag, &["is_anonymous_vpn", "is_vpn", "vpn", "traits.is_anonymous_vpn"]),
    known("is_hosting", FieldType::Flag, &[
        "is_hosting_provider", "is_hosting", "hosting", "traits.is_hosting_provider",
    ]),
    known("is_proxy", FieldType::Flag, &[
        "is_public_proxy", "is_proxy", "proxy", "traits.is_public_proxy", "is_anonymous_proxy",
        "traits.is_anonymous_proxy",
    ]),
    known("is_legitimate_proxy", FieldType::Flag, &["is_legitimate_proxy", "traits.is_legitimate_proxy"]),
    known("is_residential_proxy", FieldType::Flag, &[
        "is_residential_proxy", "traits.is_residential_proxy",
    ]),
    known("is_tor", FieldType::Flag, &["is_tor_exit_node", "is_tor", "tor", "traits.is_tor_exit_node"]),
    known("anonymizer_confidence", FieldType::Count, &["anonymizer_confidence", "traits.anonymizer_confidence"]),
    known("provider_name", FieldType::Text, &["provider_name", "traits.provider_name"]),
    known("network_last_seen", FieldType::Text, &["network_last_seen", "traits.network_last_seen"]),
    known("is_relay", FieldType::Flag, &["is_relay", "relay"]),
    known("is_anycast", FieldType::Flag, &["is_anycast", "traits.is_anycast"]),
    known("is_mobile", FieldType::Flag, &["is_mobile", "traits.is_mobile"]),
    known("is_satellite", FieldType::Flag, &[
        "is_satellite", "is_satellite_provider", "traits.is_satellite_provider",
    ]),
    known("static_ip_score", FieldType::Number, &["static_ip_score", "traits.static_ip_score"]),
    known("score", FieldType::Number, &["score"]),
    known("user_count", FieldType::Count, &["user_count", "traits.user_count"]),
    known("user_count_ipv4_24", FieldType::Count, &["ipv4_24"]),
    known("user_count_ipv4_32", FieldType::Count, &["ipv4_32"]),
    known("user_count_ipv6_32", FieldType::Count, &["ipv6_32"]),
    known("user_count_ipv6_48", FieldType::Count, &["ipv6_48"]),
    known("user_count_ipv6_64", FieldType::Count, &["ipv6_64"]),
    known("ip_risk", FieldType::Number, &["ip_risk", "traits.ip_risk"]),
    known("label", FieldType::Label, &[RECORD]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_field_is_given() {
        for source in FIELDS {
            let given =
                source.field == Field::PREFIX || KNOWN.iter().any(|known| known.key == source.key);
            assert!(given, "{}", source.key);
        }
    }

    #[test]
    fn what_a_field_belongs_to_comes_before_it() {
        for (index, known) in KNOWN.iter().enumerate() {
            if let Some(whole) = known.belongs_to {
                assert!(
                    KNOWN[..index].iter().any(|k| k.key == whole),
                    "{}",
                    known.key
                );
            }
        }
    }
}
