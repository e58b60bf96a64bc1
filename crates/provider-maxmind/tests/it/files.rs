//! What is reported about the files.

use serde_json::json;

use crate::common::{Folder, Mmdb, provider};

#[test]
fn files_are_described_with_the_fields_of_their_records() {
    let folder = Folder::new();
    let asn = Mmdb::v4_only("GeoLite2-ASN")
        .with("1.0.0.0/8", json!({"autonomous_system_number": 1}))
        .with(
            "2.0.0.0/8",
            json!({"autonomous_system_number": 2, "autonomous_system_organization": "B"}),
        );
    let asn = folder.put("asn.mmdb", &asn);
    let city = folder.put(
        "city.mmdb",
        &Mmdb::new("City").with("2001:db8::/32", json!({"city": "Oslo"})),
    );
    let provider = provider(&[&asn, &city]);
    let files = provider.data_files(true);
    assert_eq!(files[0].path, asn.display().to_string());
    assert_eq!(files[0].edition, "GeoLite2-ASN");
    assert_eq!(
        files[0].built_at.unwrap().to_rfc3339(),
        "2026-01-06T00:00:00+00:00"
    );
    assert_eq!(files[0].records, Some(2));
    assert_eq!(files[0].ip_version, 4);
    assert_eq!(files[0].fields, ["asn", "asn_org"]);
    assert_eq!(files[1].records, Some(1));
    assert_eq!(files[1].ip_version, 6);
    assert_eq!(files[1].fields, ["city"]);
    let uncounted = provider.data_files(false);
    assert_eq!(uncounted[0].records, None);
    assert_eq!(uncounted[0].fields, ["asn", "asn_org"]);
}
