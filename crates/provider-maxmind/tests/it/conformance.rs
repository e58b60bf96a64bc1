//! The provider meets the conformance kit.

use std::path::PathBuf;

use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};
use serde_json::json;

use crate::common::{Folder, Mmdb};

fn asn(number: u32) -> serde_json::Value {
    json!({"autonomous_system_number": number, "autonomous_system_organization": "Net"})
}

fn subject_with(more: &str) -> Subject {
    let folder = Folder::new();
    let networks = Mmdb::new("GeoLite2-ASN")
        .with("198.41.0.0/24", asn(64_500))
        .with("192.33.4.0/24", asn(64_501))
        .with("2001:503:ba3e::/48", asn(64_502));
    let place = json!({
        "country": {"iso_code": "US", "names": {"en": "United States"}},
        "city": {"names": {"en": "Dulles"}},
        "location": {"latitude": 38.9, "longitude": -77.4, "accuracy_radius": 20},
        "registered_country": {"iso_code": "US"},
        "as_type": "hosting",
        "traits": {
            "isp": "Some ISP", "is_hosting_provider": true, "is_anonymous_vpn": false, "is_public_proxy": true,
            "is_tor_exit_node": false,
        },
    });
    let places = Mmdb::new("GeoLite2-City").with("198.41.0.0/25", place);
    let files: [PathBuf; 2] = [
        folder.put("asn.mmdb", &networks),
        folder.put("city.mmdb", &places),
    ];
    Subject::new(
        &ipcascade_provider_maxmind::FACTORY,
        format!("files = {files:?}\n{more}"),
    )
    .known(Known::new(
        "198.41.0.4",
        [("asn", json!(64_500)), ("country", json!("US"))],
    ))
    .known(Known::new("198.41.0.200", [("asn", 64_500)]))
    .known(Known::new("192.33.4.12", [("asn", 64_501)]))
    .known(Known::new("2001:503:ba3e::2:30", [("asn", 64_502)]))
    .unknown("199.9.14.201")
    .unknown("2001:500:2::c")
    .wrong_settings(WrongSettings::new("files = 7", "files"))
    .wrong_settings(WrongSettings::new("files = [\"\"]", "files"))
    .wrong_settings(WrongSettings::new("language = \"\"", "language"))
    .keep(folder)
}

async fn subject() -> Subject {
    subject_with("")
}

async fn mapped_subject() -> Subject {
    subject_with("mmap = true")
}

provider_conformance!(in_memory, subject());
provider_conformance!(mapped, mapped_subject());
