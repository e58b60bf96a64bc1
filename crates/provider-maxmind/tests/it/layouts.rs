//! The layouts of different publishers.

use serde_json::{Value, json};

use crate::common::{fields_of, fields_with};

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
            "subdivision": "Geneva Canton", "subdivision_code": "GE", "subdivision2": "Smaller",
            "subdivision2_code": "X", "postal": "1201", "latitude": 46.2, "longitude": 6.1, "accuracy_radius": 20, "time_zone": "Europe/Zurich",
            "registered_country": "FR", "registered_country_name": "France",
            "represented_country": "US", "represented_country_type": "military",
            "isp": "Swisscom", "user_type": "business", "is_proxy": true,
        }),
    );
}

#[test]
fn geoip2_enterprise_also_says_how_sure_it_is() {
    assert_fields(
        json!({
            "city": {"confidence": 50, "names": {"en": "Boxford"}},
            "country": {"confidence": 95, "is_in_european_union": true, "iso_code": "GB"},
            "subdivisions": [
                {"confidence": 70, "iso_code": "ENG"}, {"confidence": 60, "iso_code": "WBK"},
            ],
            "postal": {"code": "OX1", "confidence": 20},
            "location": {"average_income": 24626, "population_density": 1341},
            "traits": {
                "autonomous_system_number": 2313, "is_legitimate_proxy": true,
                "is_satellite_provider": true, "static_ip_score": 0.4, "user_count": 3,
            },
        }),
        json!({
            "country": "GB", "country_confidence": 95, "is_in_european_union": true,
            "city": "Boxford", "city_confidence": 50, "subdivision_code": "ENG",
            "subdivision_confidence": 70, "subdivision2_code": "WBK",
            "subdivision2_confidence": 60, "postal": "OX1", "postal_confidence": 20,
            "average_income": 24626, "population_density": 1341, "asn": 2313,
            "is_legitimate_proxy": true, "is_satellite": true, "static_ip_score": 0.4,
            "user_count": 3,
        }),
    );
}

#[test]
fn geoip_anonymous_plus_and_residential_proxy() {
    assert_fields(
        json!({
            "anonymizer_confidence": 30, "is_anonymous": true, "is_anonymous_vpn": true,
            "network_last_seen": "2025-04-14", "provider_name": "foo",
        }),
        json!({
            "is_anonymous": true, "is_vpn": true, "anonymizer_confidence": 30,
            "provider_name": "foo", "network_last_seen": "2025-04-14",
        }),
    );
}

#[test]
fn geoip2_static_ip_score_and_user_count() {
    assert_fields(json!({"score": 4.26}), json!({"score": 4.26}));
    assert_fields(
        json!({"ipv4_24": 4, "ipv4_32": 1, "ipv6_32": 0, "ipv6_48": 0, "ipv6_64": 2}),
        json!({
            "user_count_ipv4_24": 4, "user_count_ipv4_32": 1, "user_count_ipv6_32": 0,
            "user_count_ipv6_48": 0, "user_count_ipv6_64": 2,
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
fn iplocate_names_the_organisation_and_the_as() {
    let record = |more: Value| {
        let mut record = json!({"asn": "13335", "country_code": "US", "name": "CLOUDFLARENET"});
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        record
    };
    assert_fields(
        record(json!({"org": "Cloudflare, Inc.", "domain": "cloudflare.com"})),
        json!({
            "country": "US", "asn": 13335, "asn_org": "Cloudflare, Inc.", "domain": "cloudflare.com",
        }),
    );
    assert_fields(
        record(json!({})),
        json!({"country": "US", "asn": 13335, "asn_org": "CLOUDFLARENET"}),
    );
    // Without an AS a name may be that of anything.
    assert_fields(
        json!({"name": "Lab", "org": "IT", "country": "CH"}),
        json!({"country": "CH"}),
    );
}

#[test]
fn number_and_organisation_may_be_one_text() {
    let expected = json!({"asn": 15169, "asn_org": "Google LLC"});
    for key in ["asn", "as", "org"] {
        assert_fields(json!({key: "AS15169 Google LLC"}), expected.clone());
    }
    assert_fields(json!("AS15169 Google LLC"), expected);
}

#[test]
fn a_record_may_be_a_text() {
    assert_fields(json!("cn"), json!({"country": "CN"}));
    assert_fields(json!("AS15169"), json!({"asn": 15169}));
    assert_fields(json!("telegram"), json!({"label": "telegram"}));
    let fields = fields_with("Rack 5", "[fields]\nrack = \".\"");
    assert_eq!(
        Value::Object(fields),
        json!({"label": "Rack 5", "rack": "Rack 5"})
    );
}

#[test]
fn ip_location_db_is_flat() {
    assert_fields(
        json!({
            "city": "Leipzig", "country_code": "DE", "latitude": 51.3, "longitude": 12.4,
            "postcode": "04109", "state1": "Saxony", "state2": "Leipzig District", "timezone": "Europe/Berlin",
        }),
        json!({
            "country": "DE", "city": "Leipzig", "subdivision": "Saxony",
            "subdivision2": "Leipzig District", "postal": "04109",
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

#[test]
fn coordinates_of_zeros_are_no_location() {
    assert_fields(
        json!({
            "country_code": "-", "city": "-", "region": "-", "latitude": 0.0, "longitude": 0,
            "accuracy_radius": 100, "zip_code": "-", "timezone": "-", "domain": "example.net",
        }),
        json!({"domain": "example.net"}),
    );
    assert_fields(
        json!({"country": {"iso_code": "GH"}, "location": {"latitude": 5.6, "longitude": 0.0}}),
        json!({"country": "GH", "latitude": 5.6, "longitude": 0.0}),
    );
}
