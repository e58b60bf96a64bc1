//! The layouts of different publishers.

use crate::common::{fields_of, fields_with};
use serde_json::{Value, json};

fn assert_fields(record: Value, expected: Value) {
    let edition = record.to_string();
    assert_eq!(Value::Object(fields_of(record)), expected, "{edition}");
}

#[test]
fn geolite2_asn() {
    assert_fields(
        json!({"autonomous_system_number": 13335, "autonomous_system_organization": "Cloudflare"}),
        json!({"asn": 13335, "asn_org": "Cloudflare"}),
    );
}

#[test]
fn geoip2_city() {
    assert_fields(
        json!({
            "city": {"geoname_id": 1, "names": {"de": "Genf", "en": "Geneva"}},
            "continent": {"code": "EU", "names": {"en": "Europe"}},
            "country": {"iso_code": "CH", "names": {"de": "Schweiz", "en": "Switzerland"}},
            "location": {
                "accuracy_radius": 20, "latitude": 46.2, "longitude": 6.1, "time_zone": "Europe/Zurich",
            },
            "postal": {"code": "1201"},
            "registered_country": {"iso_code": "FR", "names": {"en": "France"}},
            "represented_country": {"iso_code": "US", "type": "military"},
            "subdivisions": [
                {"iso_code": "GE", "names": {"en": "Geneva Canton"}},
                {"iso_code": "X", "names": {"en": "Smaller"}},
            ],
            "traits": {"isp": "Swisscom", "is_anonymous_proxy": true, "user_type": "business"},
        }),
        json!({
            "country": "CH", "country_name": "Switzerland", "continent": "EU", "city": "Geneva",
            "subdivision": "Geneva Canton", "subdivision_code": "GE", "postal": "1201",
            "latitude": 46.2, "longitude": 6.1, "accuracy_radius": 20, "time_zone": "Europe/Zurich",
            "registered_country": "FR", "registered_country_name": "France",
            "represented_country": "US", "isp": "Swisscom", "user_type": "business",
        }),
    );
}

#[test]
fn geoip2_isp_and_connection_type() {
    assert_fields(
        json!({
            "autonomous_system_number": 1221, "isp": "Telstra", "organization": "Telstra Shop",
            "mobile_country_code": "505", "mobile_network_code": "01", "connection_type": "Cable/DSL",
        }),
        json!({
            "asn": 1221, "isp": "Telstra", "organization": "Telstra Shop",
            "connection_type": "Cable/DSL", "mobile_country_code": "505", "mobile_network_code": "01",
        }),
    );
}

#[test]
fn geoip2_anonymous_ip() {
    assert_fields(
        json!({
            "is_anonymous": true, "is_anonymous_vpn": true, "is_hosting_provider": true,
            "is_public_proxy": true, "is_residential_proxy": true, "is_tor_exit_node": true,
        }),
        json!({
            "is_anonymous": true, "is_vpn": true, "is_hosting": true, "is_proxy": true,
            "is_residential_proxy": true, "is_tor": true,
        }),
    );
}

#[test]
fn ipinfo_lite_names_its_country_by_name() {
    assert_fields(
        json!({
            "asn": "AS13335", "as_name": "Cloudflare, Inc.", "as_domain": "cloudflare.com",
            "country": "Australia", "country_code": "AU",
            "continent": "Oceania", "continent_code": "OC",
        }),
        json!({
            "country": "AU", "country_name": "Australia", "continent": "OC", "asn": 13335,
            "asn_org": "Cloudflare, Inc.", "as_domain": "cloudflare.com",
        }),
    );
}

#[test]
fn ipinfo_country_asn_names_it_by_code() {
    assert_fields(
        json!({
            "asn": "AS13335", "as_name": "Cloudflare, Inc.", "country": "AU",
            "country_name": "Australia", "continent": "OC", "continent_name": "Oceania",
        }),
        json!({
            "country": "AU", "country_name": "Australia", "continent": "OC", "asn": 13335,
            "asn_org": "Cloudflare, Inc.",
        }),
    );
}

#[test]
fn ipinfo_larger_files_nest_geography_and_network() {
    assert_fields(
        json!({
            "geo": {
                "city": "Brisbane", "region": "Queensland", "region_code": "QLD",
                "country": "Australia", "country_code": "AU", "continent_code": "OC",
                "latitude": -27.5, "longitude": 153.0, "timezone": "Australia/Brisbane",
            },
            "as": {"asn": "AS13335", "name": "Cloudflare", "domain": "cloudflare.com", "type": "hosting"},
            "is_hosting": true, "is_anycast": true,
        }),
        json!({
            "country": "AU", "country_name": "Australia", "continent": "OC", "city": "Brisbane",
            "subdivision": "Queensland", "subdivision_code": "QLD", "latitude": -27.5,
            "longitude": 153.0, "time_zone": "Australia/Brisbane", "asn": 13335,
            "asn_org": "Cloudflare", "as_domain": "cloudflare.com", "as_type": "hosting",
            "is_hosting": true, "is_anycast": true,
        }),
    );
}

#[test]
fn ip_location_db_is_flat() {
    assert_fields(
        json!({
            "city": "Leipzig", "country_code": "DE", "latitude": 51.3, "longitude": 12.4,
            "postcode": "04109", "state1": "Saxony", "state2": "", "timezone": "Europe/Berlin",
        }),
        json!({
            "country": "DE", "city": "Leipzig", "subdivision": "Saxony", "postal": "04109",
            "latitude": 51.3, "longitude": 12.4, "time_zone": "Europe/Berlin",
        }),
    );
}

#[test]
fn names_come_in_the_language_of_the_settings_or_english() {
    let record = json!({
        "city": {"names": {"en": "Geneva"}},
        "country": {"iso_code": "CH", "names": {"de": "Schweiz", "en": "Switzerland"}},
    });
    let fields = fields_with(record, "language = \"de\"");
    assert_eq!(fields["country_name"], "Schweiz");
    assert_eq!(fields["city"], "Geneva");
}

#[test]
fn a_custom_map_adds_fields_and_overrides_recognised_ones() {
    let record = json!({
        "net": {"number": "AS64500", "tags": ["scanner", "cloud"]},
        "asn": 1,
        "cc": "de",
    });
    let more = "[fields]\nasn = \"net.number\"\ncountry = \"cc\"\ntag = \"net.tags.1\"\ntags = \"net.tags\"";
    let fields = fields_with(record, more);
    assert_eq!(fields["asn"], 64500);
    assert_eq!(fields["country"], "DE");
    assert_eq!(fields["tag"], "cloud");
    assert_eq!(fields["tags"], json!(["scanner", "cloud"]));
}

#[test]
fn what_says_nothing_is_left_out() {
    let fields = fields_of(json!({
        "asn": 0, "as_name": "", "country_code": "", "city": "-", "timezone": "UTC",
        "country": {"names": {"en": ""}},
    }));
    assert_eq!(Value::Object(fields), json!({"time_zone": "UTC"}));
}
