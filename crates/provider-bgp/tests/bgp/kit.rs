//! The provider meets the conformance kit.

use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};

use crate::dump::{Dump, path};

async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let dump = Dump::new(2)
        .rib("193.0.0.0/21", &[(0, path(&[1, 3333])), (1, path(&[3333]))])
        .rib("193.0.14.0/23", &[(0, path(&[25152])), (1, path(&[25152]))])
        .rib("193.0.20.0/23", &[(0, path(&[3333])), (1, path(&[4200]))])
        .rib(
            "2001:67c:2e8::/48",
            &[(0, path(&[3333])), (1, path(&[1, 3333]))],
        );
    let vrps = r#"{"roas": [{"prefix": "193.0.0.0/21", "maxLength": 21, "asn": 3333},
        {"prefix": "193.0.20.0/23", "maxLength": 23, "asn": 3333}]}"#;
    let (dump_file, vrps_file) = (folder.path().join("rib"), folder.path().join("vrps"));
    std::fs::write(&dump_file, dump.bytes()).unwrap();
    std::fs::write(&vrps_file, vrps).unwrap();
    Subject::linked(
        "bgp",
        format!("files = [{dump_file:?}]\nvrps = {vrps_file:?}\nmin_peers = 1"),
    )
    .known(Known::new("193.0.0.1", [("rpki", "valid")]))
    .known(Known::new("193.0.14.129", [("asn", 25152), ("peers", 2)]))
    .known(Known::new("193.0.20.1", [("rpki_invalid", vec![4200])]))
    .known(Known::new("2001:67c:2e8::1", [("asn", 3333)]))
    .unknown("198.41.0.4")
    .wrong_settings(WrongSettings::new("files = 7", "files"))
    .wrong_settings(WrongSettings::new("vrps = 7", "vrps"))
    .wrong_settings(WrongSettings::new("min_peers = 0", "min_peers"))
    .keep(folder)
}

provider_conformance!(subject());
