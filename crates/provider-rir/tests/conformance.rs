//! The provider meets the conformance kit.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use ipcascade_provider_rir as _;
use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};

const FILE: &str = "\
2|ripencc|20261105|3|19830613|20261105|+0000
ripencc|NL|ipv4|193.0.0.0|2048|19930901|allocated|x
ripencc|GB|ipv4|193.0.14.0|256|19970901|assigned|y
ripencc|DE|ipv6|2001:600::|32|19990826|allocated|z
";

async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ripencc");
    std::fs::write(&file, FILE).unwrap();
    Subject::linked("rir", format!("files = [{file:?}]"))
        .known(Known::new("193.0.0.1", [("country", "NL")]))
        .known(Known::new("193.0.14.129", [("country", "GB")]))
        .known(Known::new("2001:600::1", [("country", "DE")]))
        .unknown("198.41.0.4")
        .wrong_settings(WrongSettings::new("files = 7", "files"))
        .keep(folder)
}

provider_conformance!(subject());
