//! The provider meets the conformance kit.
use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};

async fn subject() -> Subject {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/labels.csv");
    Subject::new(&provider_csv::FACTORY, format!("file = {file:?}"))
        .known(Known::new("8.8.8.8", [("label", "narrow")]))
        .known(Known::new("8.9.0.1", [("label", "wide")]))
        .known(Known::new("2001:4860::8888", [("label", "six")]))
        .unknown("1.1.1.1")
        .wrong_settings(WrongSettings::new("file = 7", "file"))
        .wrong_settings(WrongSettings::new("file = 'missing.csv'", "file"))
}

provider_conformance!(subject());
