//! pyasn files, alone and with others.

use ipcascade_core::registry::{ProviderSetup, Registry};
use ipcascade_core::settings::Settings;
use ipcascade_provider_bgp::build;
use serde_json::json;

use crate::dump::{Dump, path};
use crate::files::{Folder, error, gzip, origin, provider, section, with_warnings};

const FILE: &str = "\
; IP-ASN32-DAT file
; Original file : rib.20261104.0600.bz2
; Converted on  : Thu Nov  5 08:00:00 2026
; Prefixes-v4   : 2
; Prefixes-v6   : 1
;
1.0.0.0/24\t13335
1.0.0.0/16\t38803
2001:200::/32\t2500
";

#[tokio::test]
async fn lines_are_prefixes_and_origins() {
    let folder = Folder::new();
    let plain = provider(&[&folder.write("ipasn.dat", FILE)], "");
    let expected = json!({
        "asn": 13335, "seen_at": "2026-11-04T06:00:00Z", "prefix": "1.0.0.0/24",
    });
    assert_eq!(section(&*plain, "1.0.0.1").await, Some(expected));
    assert_eq!(origin(&*plain, "1.0.1.1").await, Some(38803));
    assert_eq!(origin(&*plain, "2001:200::1").await, Some(2500));
    assert_eq!(origin(&*plain, "1.1.0.1").await, None);
    let file = &plain.data_files(true)[0];
    assert_eq!(
        (&*file.edition, file.records, file.ip_version),
        ("pyasn", Some(3), 6)
    );
    let packed = provider(&[&folder.write("packed", gzip(FILE))], "");
    assert_eq!(packed.data_version(), plain.data_version());
}

#[tokio::test]
async fn without_a_date_the_file_is_of_when_it_was_written() {
    let folder = Folder::new();
    let path = folder.write("ipasn.dat", "1.0.0.0/24\t13335\n");
    let day = std::time::UNIX_EPOCH + std::time::Duration::from_secs(86400);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(day).unwrap();
    let provider = provider(&[&path], "");
    assert_eq!(
        provider.data_version().unwrap().built_at(),
        "1970-01-02T00:00:00Z"
    );
}

#[tokio::test]
async fn bad_lines_cost_nothing_but_themselves_and_the_first_are_named() {
    let folder = Folder::new();
    let mut text = FILE.as_bytes().to_vec();
    for _ in 0..7 {
        text.extend(b"1.0.0.0/33\t5\n");
    }
    text.extend(b"\xff\xfe\n9.0.0.0/24\t9\n0.0.0.0/0\t9\n9.0.1.0/24\t23456\n");
    let file = folder.write("ipasn.dat", text);
    let (provider, warnings) = with_warnings(|| provider(&[&file], ""));
    assert_eq!(origin(&*provider, "9.0.0.1").await, Some(9));
    assert_eq!(origin(&*provider, "9.0.1.1").await, None);
    let shown = file.display().to_string();
    for line in 10..15 {
        assert!(
            warnings.contains(&format!("{shown}, line {line}: ")),
            "{warnings}"
        );
    }
    assert!(!warnings.contains("line 15:"), "{warnings}");
    assert!(
        warnings.contains("8 lines in all were passed over"),
        "{warnings}"
    );
    assert!(
        warnings.contains("routes that do not count: 1 from a number"),
        "{warnings}"
    );
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = Folder::new();
    let packed = gzip(FILE);
    let cut = [
        FILE.split_inclusive('\n')
            .take(8)
            .collect::<String>()
            .into_bytes(),
        packed[..packed.len() - 9].to_vec(),
    ];
    for cut in cut {
        let path = folder.write("cut", cut);
        let error = error(&[&path], "");
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("fetch it again"), "{error}");
    }
}

#[test]
fn text_of_another_kind_is_refused() {
    let folder = Folder::new();
    for text in ["404 not found\n", "; only a comment\n", "0.0.0.0/0\t9\n"] {
        let path = folder.write("text", text);
        let error = error(&[&path], "");
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("pyasn"), "{error}");
    }
}

#[tokio::test]
async fn a_dump_and_a_text_are_united() {
    let folder = Folder::new();
    let dump = Dump::new(3)
        .rib("1.0.0.0/24", &[(0, path(&[10])), (1, path(&[10]))])
        .rib(
            "1.0.0.0/16",
            &[(0, path(&[7])), (1, path(&[38803])), (2, path(&[38803]))],
        );
    let dump = folder.write("rib", dump.bytes());
    let text = folder.write("ipasn.dat", FILE);
    let provider = provider(&[&text, &dump], "");
    let found = section(&*provider, "1.0.0.1").await.unwrap();
    assert_eq!(
        found["origins"],
        json!([10, 13335]),
        "what peers see goes first"
    );
    let found = section(&*provider, "1.0.1.1").await.unwrap();
    assert_eq!((&found["asn"], &found["peers"]), (&json!(38803), &json!(2)));
    assert_eq!(found.get("origins"), None, "one peer of three sees AS7");
    assert_eq!(origin(&*provider, "2001:200::1").await, Some(2500));
}

#[test]
fn without_files_there_is_nothing_to_ask() {
    let Ok(ProviderSetup::Unconfigured(hint)) = build(&Settings::empty("providers.bgp")) else {
        panic!("no file was named")
    };
    assert!(hint.contains("providers.bgp.files"), "{hint}");
    assert!(Registry::linked().unwrap().provider("bgp").is_ok());
}
