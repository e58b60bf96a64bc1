//! Origin validation against the RPKI.

use std::path::{Path, PathBuf};

use ipcascade_core::field::Field;
use serde_json::{Value, json};

use crate::dump::{Dump, MADE_AT, path};
use crate::files::{Folder, error, gzip, provider, section, with_warnings};

const VRPS: &str = r#"{
    "metadata": {"buildtime": "2026-11-05T09:00:00Z", "vrps": 5},
    "roas": [
        {"prefix": "1.0.0.0/16", "maxLength": 20, "asn": "AS10", "ta": "apnic", "expires": 1},
        {"prefix": "1.0.0.0/16", "maxLength": 24, "asn": 20, "ta": "apnic"},
        {"prefix": "1.1.0.0/16", "maxLength": 16, "asn": 0, "ta": "apnic"},
        {"prefix": "1.2.0.0/24", "asn": 10, "ta": "apnic"},
        {"prefix": "2001:200::/32", "maxLength": 48, "asn": "2500", "ta": "apnic"}
    ]
}"#;

fn dump(folder: &Folder) -> PathBuf {
    let dump = Dump::new(1)
        .rib("1.0.0.0/16", &[(0, path(&[10]))])
        .rib("1.0.16.0/20", &[(0, path(&[10]))])
        .rib("1.0.32.0/21", &[(0, path(&[10]))])
        .rib("1.0.40.0/21", &[(0, path(&[30]))])
        .rib("1.0.48.0/24", &[(0, path(&[10])), (0, path(&[20]))])
        .rib("1.1.0.0/16", &[(0, path(&[10]))])
        .rib("1.2.0.0/24", &[(0, path(&[10]))])
        .rib("1.2.1.0/24", &[(0, path(&[10]))])
        .rib("2001:200:1::/48", &[(0, path(&[2500]))])
        .rib("2001:200:2::/48", &[(0, path(&[2501]))]);
    folder.write("rib", dump.bytes())
}

fn setting(vrps: &Path) -> String {
    format!("vrps = {vrps:?}")
}

async fn validity(vrps: &str, address: &str) -> (Value, Value) {
    let folder = Folder::new();
    let vrps = folder.write("vrps", vrps);
    let provider = provider(&[&dump(&folder)], &setting(&vrps));
    let mut found = section(&*provider, address).await.unwrap();
    (found["rpki"].take(), found["rpki_reason"].take())
}

#[tokio::test]
async fn validity_is_that_of_the_announced_prefix_and_its_origin() {
    let valid = || (json!("valid"), Value::Null);
    let invalid = |reason: &str| (json!("invalid"), json!(reason));
    for (address, expected) in [
        ("1.0.0.1", valid()),
        ("1.0.16.1", valid()),
        ("1.0.32.1", invalid("length")),
        ("1.0.40.1", invalid("asn")),
        ("1.1.0.1", invalid("asn")),
        ("1.2.0.1", valid()),
        ("1.2.1.1", (json!("not_found"), Value::Null)),
        ("2001:200:1::1", valid()),
        ("2001:200:2::1", invalid("asn")),
    ] {
        assert_eq!(validity(VRPS, address).await, expected, "{address}");
    }
}

#[tokio::test]
async fn each_of_several_origins_has_its_own() {
    let folder = Folder::new();
    let vrps = folder.write("vrps", VRPS);
    let provider = provider(&[&dump(&folder)], &setting(&vrps));
    let found = section(&*provider, "1.0.48.1").await.unwrap();
    let seen_at = "2026-11-05T08:00:00Z";
    let expected = json!([
        {"asn": 10, "peers": 1, "rpki": "invalid", "rpki_reason": "length", "seen_at": seen_at},
        {"asn": 20, "peers": 1, "rpki": "valid", "seen_at": seen_at},
    ]);
    assert_eq!(found["origin_details"], expected);
    assert_eq!(found["rpki"], "invalid", "of the origin that is `asn`");
}

#[tokio::test]
async fn without_payloads_nothing_is_said() {
    let folder = Folder::new();
    let dump = dump(&folder);
    let without = provider(&[&dump], "vrps = []");
    let found = section(&*without, "1.0.0.1").await.unwrap();
    assert_eq!(found.get("rpki"), None);
    assert!(!without.capabilities().fields.contains(&Field::RPKI));
    let with = provider(&[&dump], &setting(&folder.write("vrps", VRPS)));
    assert!(with.capabilities().fields.contains(&Field::RPKI));
    let version = with.data_version().unwrap();
    assert_eq!(
        version.built_at(),
        "2026-11-05T09:00:00Z",
        "the newest of all files"
    );
    assert!(version.supersedes(Some(without.data_version().unwrap().as_str())));
}

#[tokio::test]
async fn the_files_of_each_program_are_read() {
    let folder = Folder::new();
    let dump = dump(&folder);
    let roas = r#""roas": [{"prefix": "1.0.0.0/16", "maxLength": 16, "asn": "AS10"}]"#;
    for (metadata, made_at) in [
        (
            r#""metadata": {"buildtime": "2026-11-05T09:00:00Z"}"#,
            "2026-11-05T09:00:00Z",
        ),
        (
            r#""metadata": {"generated": 1, "generatedTime": "2026-11-05T10:00:00Z"}"#,
            "2026-11-05T10:00:00Z",
        ),
        (
            r#""metadata": {"counts": 1, "generated": 1793865601}"#,
            "2026-11-05T08:00:01Z",
        ),
    ] {
        let vrps = folder.write("vrps", gzip(format!("{{{metadata}, {roas}}}")));
        let provider = provider(&[&dump], &setting(&vrps));
        let file = &provider.data_files(true)[1];
        assert_eq!(file.edition, "validated ROA payloads");
        assert_eq!(file.records, Some(1));
        assert_eq!(
            provider.data_version().unwrap().built_at(),
            made_at,
            "{metadata}"
        );
        let found = section(&*provider, "1.0.0.1").await.unwrap();
        assert_eq!(found["rpki"], "valid", "{metadata}");
    }
    assert!(
        i64::from(MADE_AT) < 1_793_865_601,
        "the payloads are the newer"
    );
}

#[tokio::test]
async fn several_files_are_united() {
    let folder = Folder::new();
    let one = folder.write("one", VRPS);
    let other = r#"{"roas": [{"prefix": "1.0.32.0/21", "maxLength": 21, "asn": 10}]}"#;
    let other = folder.write("other", other);
    let provider = provider(&[&dump(&folder)], &format!("vrps = [{one:?}, {other:?}]"));
    let found = section(&*provider, "1.0.32.1").await.unwrap();
    assert_eq!(found["rpki"], "valid");
    let found = section(&*provider, "1.0.40.1").await.unwrap();
    assert_eq!(found["rpki"], "invalid");
}

#[test]
fn what_holds_no_payloads_is_refused() {
    let folder = Folder::new();
    let dump = dump(&folder);
    for (json, said) in [
        ("{}", "`roas`"),
        (r#"{"roas": []}"#, "no payloads"),
        (r#"{"roas": [{"prefix": "1.0.0.0/8"}]}"#, "`asn`"),
        (r#"{"roas": [{"prefix": "one", "asn": 1}]}"#, "no payload"),
        (r#"{"data": {"vrps": []}}"#, "`roas`"),
        ("<html>", "line 1"),
        (&VRPS[..VRPS.len() / 2], "fetch it again"),
    ] {
        let path = folder.write("vrps", json);
        let error = error(&[&dump], &setting(&path));
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains(said), "`{said}` is not in: {error}");
        assert!(error.contains("rpki.cloudflare.com"), "{error}");
    }
    let packed = gzip(VRPS.as_bytes());
    let path = folder.write("vrps.gz", &packed[..packed.len() / 2]);
    let error = error(&[&dump], &setting(&path));
    assert!(error.contains("cut off"), "{error}");
    assert!(error.contains("fetch it again"), "{error}");
}

#[test]
fn bad_payloads_are_named() {
    let folder = Folder::new();
    let vrps = r#"{"roas": [
        {"prefix": "1.0.0.0/16", "maxLength": 16, "asn": 10},
        {"prefix": "1.3.0.0/16", "maxLength": 15, "asn": 10},
        {"prefix": "1.4.0.0/16", "maxLength": 33, "asn": 10},
        {"prefix": "1.5.0.1/16", "maxLength": 16, "asn": 10},
        {"prefix": "1.6.0.0/16", "maxLength": 16, "asn": "ten"}
    ]}"#;
    let vrps = folder.write("vrps", vrps);
    let dump = dump(&folder);
    let (provider, warnings) = with_warnings(|| provider(&[&dump], &setting(&vrps)));
    assert_eq!(provider.data_files(true)[1].records, Some(1));
    assert_eq!(warnings.lines().count(), 4, "{warnings}");
    for prefix in ["1.3.0.0/16", "1.4.0.0/16", "1.5.0.1/16", "1.6.0.0/16"] {
        assert!(warnings.contains(prefix), "{prefix}: {warnings}");
    }
}
