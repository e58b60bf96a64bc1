//! The rows: a few sound ones, and at least one of each kind of fault.

use super::Flavour;

/// Addresses: text, origin, claimed sessions, document.
const ADDRESSES: &[(&str, &str, u32, &str)] = &[
    // Sound.
    (
        "8.8.8.8",
        "15169",
        1,
        r#"{"maxmind": {"country": "US", "asn": 15169, "asn_org": "Google LLC", "cached_at": "2025-11-05T12:00:00+00:00"},
            "cymru": {"asn": 15169, "asn_org": "GOOGLE, US", "country": "US", "registry": "arin",
            "prefix": "8.8.8.0/24", "cached_at": "2025-11-05T12:00:00+00:00"}, "dshield": {"ip": {"number": "8.8.8.8"}}}"#,
    ),
    // Team Cymru was asked about the reversed address.
    (
        "1.2.3.4",
        "64500",
        0,
        r#"{"cymru": {"asn": 64500, "asn_org": "WRONG", "country": "CN", "registry": "apnic",
            "prefix": "4.3.2.0/24", "cached_at": "2025-11-05T12:00:00+00:00"}}"#,
    ),
    // The attribution is newer than the document.
    (
        "9.9.9.9",
        "64501",
        0,
        r#"{"maxmind": {"country": "CH", "asn": 19281, "asn_org": "Quad9", "cached_at": "2025-11-05T12:00:00"}}"#,
    ),
    // Nothing known, in each form; the first with a session that was never counted.
    ("11.0.0.1", "NULL", 0, "{}"),
    ("11.0.0.2", "NULL", 0, "null"),
    // Encoded twice.
    (
        "11.0.0.3",
        "64502",
        0,
        r#""{\"maxmind\": {\"country\": \"DE\", \"asn\": 64502, \"asn_org\": \"Twice\"}}""#,
    ),
    // Not an object.
    ("11.0.0.4", "NULL", 0, "[1, 2]"),
    // Numbers as text and text as numbers.
    (
        "11.0.0.5",
        "15169",
        0,
        r#"{"maxmind": {"asn": "15169", "asn_org": 12, "country": 7, "cached_at": 5}, "cymru": 3}"#,
    ),
    // Another spelling.
    ("2001:4860:4860:0:0:0:0:8888", "15169", 0, "{}"),
    // Not an address.
    ("not-an-ip\nend", "NULL", 0, "{}"),
    // Private, but looked up.
    (
        "10.0.0.1",
        "64503",
        0,
        r#"{"cymru": {"asn": 64503, "asn_org": "PRIVATE?", "cached_at": "2025-11-05T12:00:00+00:00"}}"#,
    ),
    // A session counted for each look-up.
    (
        "11.0.0.6",
        "64504",
        40,
        r#"{"maxmind": {"country": "NL", "asn": 64504, "asn_org": "O'Hosting \"B.V.\"", "cached_at": "2025-11-05T12:00:00+00:00"}}"#,
    ),
];

/// Texts that only a column without any check can hold.
const UNCHECKED: &[(&str, &str, u32, &str)] = &[
    ("11.0.0.7", "64504", 0, ""),
    ("11.0.0.8", "NULL", 0, "{\"maxmind\": {"),
];

/// Every AS that an address refers to.
pub const SYSTEMS_WITH_ADDRESSES: [u32; 6] = [15169, 64500, 64501, 64502, 64503, 64504];

/// The statements that fill the tables.
pub fn rows(flavour: Flavour) -> String {
    let unchecked = match flavour {
        Flavour::Sqlite => UNCHECKED,
        Flavour::PostgresMapped | Flavour::PostgresMigrated => &[],
    };
    let addresses: Vec<String> = ADDRESSES
        .iter()
        .chain(unchecked)
        .map(|(address, asn, sessions, document)| {
            let document = document.replace('\'', "''");
            format!(
                "('{address}', {asn}, '2025-11-01 12:00:00.000000', \
                 '2025-11-05 12:00:00.000000', {sessions}, '{document}', \
                 '2025-11-05 12:00:00.000000')"
            )
        })
        .collect();
    format!(
        "INSERT INTO schema_state (key, value) VALUES ('schema_version', '17'); \
         INSERT INTO asn_inventory (asn_number, organization_name, organization_country, \
         first_seen, last_seen, unique_ip_count) VALUES \
         (15169, 'Google LLC', 'US', '2025-11-05 12:00:00.000000', '2025-11-05 12:00:00.000000', 0), \
         (64999, 'Lost', 'NL', '2025-11-05 12:00:00.000000', '2025-11-05 12:00:00.000000', 12); \
         INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count, \
         enrichment, enrichment_updated_at) VALUES {}; \
         INSERT INTO session_summaries (session_id, source_ip, first_event_at, last_event_at, \
         event_count, command_count, login_attempts, vt_flagged, protocol, snapshot_asn, \
         snapshot_country, enrichment_at, risk_score) VALUES \
         ('s1', '8.8.8.8', '2025-11-01 12:00:00.000000', '2025-11-01 12:01:00.000000', 5, 2, 1, \
          false, 'ssh', 15169, 'US', '2025-11-01 12:02:00.000000', 77), \
         ('s2', '11.0.0.6', '2025-11-02 12:00:00.000000', '2025-11-02 12:01:00.000000', 5, 2, 1, \
          false, 'ssh', NULL, NULL, NULL, NULL), \
         ('s3', '11.0.0.6', '2025-11-03 12:00:00.000000', '2025-11-03 12:01:00.000000', 5, 2, 1, \
          true, 'telnet', NULL, 'XX', NULL, NULL), \
         ('s4', NULL, NULL, NULL, 0, 0, 0, false, 'ssh', NULL, NULL, NULL, NULL), \
         ('s5', '12.9.9.9', '2025-11-04 12:00:00.000000', '2025-11-04 12:01:00.000000', 5, 2, 1, \
          false, 'ssh', NULL, NULL, NULL, NULL), \
         ('s6', '11.0.0.1', '2025-11-04 12:00:00.000000', '2025-11-04 12:01:00.000000', 5, 2, 1, \
          false, 'ssh', NULL, NULL, NULL, NULL); \
         INSERT INTO raw_events (id, session_id, payload) VALUES (1, 's1', '{{}}')",
        addresses.join(", ")
    )
}
