//! The provider, from files to answers.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::{Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{ProviderSetup, Registry};
use ipcascade_core::settings::Settings;
use ipcascade_provider_rir::build;
use serde_json::{Value, json};

const APNIC: &str = "\
2|apnic|20261105|6|19830613|20261105|+1000
# a comment
apnic|*|asn|*|1|summary
apnic|*|ipv4|*|3|summary
apnic|*|ipv6|*|1|summary
apnic|JP|asn|173|1|20020801|allocated|A91A7381
apnic|AU|ipv4|1.0.0.0|768|20110811|assigned|A91872ED
apnic|CN|ipv4|1.0.4.0|1024|20110414|allocated|A92E1062
apnic||ipv4|1.0.8.0|256||reserved|
apnic|JP|ipv6|2001:200::|35|19990813|allocated|A9182B0C
";

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn settings(files: &[&Path]) -> Settings {
    let files: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    Settings::from_toml("providers.rir", &format!("files = {files:?}"))
}

fn provider(files: &[&Path]) -> Arc<dyn Provider> {
    match build(&settings(files)) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

async fn ask(provider: &dyn Provider, address: &str) -> Option<Finding> {
    let address: Address = address.parse().unwrap();
    match provider.look_up(&[address]).await.outcomes.remove(0) {
        Outcome::Found(finding) => Some(finding),
        Outcome::NotFound => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_as_has_its_own_registration_and_the_newer_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let old = "2|arin|1|2|19700101|20200101|+0000\narin|US|asn|100|10|19990101|assigned|x\n\
               arin|US|asn|200|1|19990101|assigned|x\n";
    let new = "2|ripencc|1|2|19700101|20260101|+0000\nripencc|nl|asn|105|1|20150203|allocated|x\n\
               ripencc||asn|300|1||available|x\n";
    let files = [
        write(folder.path(), "old", old),
        write(folder.path(), "new", new),
    ];
    let provider = provider(&[&files[0], &files[1]]);
    let of = |number| {
        let registration = provider.describe_asn(Asn::new(number).unwrap())?;
        let country = registration.country.map(|country| country.to_string());
        let allocated = registration.allocated.map(|day| day.to_string());
        Some((registration.registry?, country?, allocated?))
    };
    let owned = |(a, b, c): (&str, &str, &str)| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(of(104), Some(owned(("arin", "US", "1999-01-01"))));
    assert_eq!(of(105), Some(owned(("ripencc", "NL", "2015-02-03"))));
    assert_eq!((of(99), of(110), of(300)), (None, None, None));
}

#[tokio::test]
async fn every_address_of_a_range_has_its_facts_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(&[&write(folder.path(), "apnic", APNIC)]);
    for (address, prefix) in [("1.0.1.255", "1.0.0.0/23"), ("1.0.2.0", "1.0.2.0/24")] {
        let finding = ask(&*provider, address).await.unwrap();
        let expected = json!({
            "registry": "apnic", "country": "AU", "allocation_date": "2011-08-11",
            "status": "assigned",
        });
        assert_eq!(Value::Object(finding.fields.to_map()), expected);
        assert_eq!(finding.prefix.unwrap().to_string(), prefix);
    }
    let finding = ask(&*provider, "2001:200::1").await.unwrap();
    assert_eq!(finding.fields["country"], "JP");
    assert_eq!(finding.prefix.unwrap().to_string(), "2001:200::/35");
    for nobody in [
        "0.255.255.255",
        "1.0.3.0",
        "1.0.8.1",
        "2001:200:2000::",
        "2001:1ff::",
    ] {
        assert!(ask(&*provider, nobody).await.is_none(), "{nobody}");
    }
}

#[tokio::test]
async fn a_packed_file_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(APNIC.as_bytes()).unwrap();
    let packed = write(folder.path(), "apnic.gz", packer.finish().unwrap());
    let packed = provider(&[&packed]);
    let plain = provider(&[&write(folder.path(), "apnic", APNIC)]);
    assert!(ask(&*packed, "1.0.0.1").await.is_some());
    assert_eq!(packed.data_version(), plain.data_version());
}

#[tokio::test]
async fn of_two_files_the_newer_counts_and_the_narrower_range_always_does() {
    let folder = tempfile::tempdir().unwrap();
    let old = "2|arin|1|2|19700101|20200101|-0500\n\
               arin|US|ipv4|1.0.0.0|768|20000101|allocated|a\n\
               arin|CA|ipv4|1.0.0.16|16|20000102|assigned|b\n";
    let old = write(folder.path(), "arin", old);
    let new = write(folder.path(), "apnic", APNIC);
    for files in [[&*old, &*new], [&*new, &*old]] {
        let provider = provider(&files);
        let finding = ask(&*provider, "1.0.0.1").await.unwrap();
        assert_eq!(finding.fields["registry"], "apnic");
        assert_eq!(finding.prefix.unwrap().to_string(), "1.0.0.0/28");
        let finding = ask(&*provider, "1.0.0.17").await.unwrap();
        assert_eq!(finding.fields["country"], "CA");
        assert_eq!(finding.prefix.unwrap().to_string(), "1.0.0.16/28");
        assert_eq!(
            provider.data_version().unwrap().built_at(),
            "2026-11-05T00:00:00Z"
        );
    }
}

#[tokio::test]
async fn other_contents_of_the_same_day_are_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let one = provider(&[&write(folder.path(), "one", APNIC)]);
    let other = provider(&[&write(
        folder.path(),
        "other",
        APNIC.replace("|AU|", "|NZ|"),
    )]);
    let (one, other) = (one.data_version().unwrap(), other.data_version().unwrap());
    assert_eq!(one.built_at(), other.built_at());
    assert_ne!(one, other);
    assert!(other.supersedes(Some(one.as_str())));
}

#[tokio::test]
async fn bad_lines_cost_nothing_but_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let broken = format!("{APNIC}apnic|JP|ipv4|1.1.1.1\n\u{fffd}|||||||\n");
    let mut broken = broken.into_bytes();
    broken.extend(b"apnic|J\xff|ipv4|9.0.0.0|256|20110811|assigned|x\n");
    broken.extend(b"apnic|NZ|ipv4|9.0.1.0|256|20110811|assigned|x");
    let provider = provider(&[&write(folder.path(), "broken", broken)]);
    assert!(ask(&*provider, "1.0.0.1").await.is_some());
    assert!(ask(&*provider, "9.0.0.1").await.is_none());
    assert!(ask(&*provider, "9.0.1.1").await.is_some());
    assert_eq!(provider.data_files(true)[0].records, Some(4));
}

#[test]
fn unusable_files_are_errors_that_say_where_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path(), "page", "<html>\nnot found\n");
    let empty = write(folder.path(), "empty", "");
    let cut = write(folder.path(), "cut.gz", [0x1f, 0x8b, 8, 0]);
    let absent = folder.path().join("absent");
    for path in [page, empty, cut, absent] {
        let error = build(&settings(&[&path])).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("ftp.ripe.net/pub/stats"), "{error}");
    }
}

#[test]
fn without_files_there_is_nothing_to_ask() {
    let Ok(ProviderSetup::Unconfigured(hint)) = build(&Settings::empty("providers.rir")) else {
        panic!("no file was named")
    };
    assert!(hint.contains("providers.rir.files"), "{hint}");
    let wrong = Settings::from_toml("providers.rir", "file = \"a\"");
    let error = build(&wrong).unwrap_err().to_string();
    assert!(error.contains("providers.rir.file"), "{error}");
    assert!(Registry::linked().unwrap().provider("rir").is_ok());
}
