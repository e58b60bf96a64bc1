//! Damaged files, and damaged records.

use std::path::Path;

use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use proptest::prelude::*;
use serde_json::json;

use crate::common::{Folder, Mmdb, ask, ask_all, build, found, provider};

fn refused(path: &Path) -> String {
    match build(&format!("files = [{path:?}]")) {
        Err(BuildError::Resource(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn sample() -> Vec<u8> {
    let city = json!({
        "city": {"names": {"en": "Trondheim"}},
        "country": {"iso_code": "NO", "names": {"en": "Norway"}},
        "location": {"latitude": 63.4, "longitude": 10.4, "accuracy_radius": 10},
        "subdivisions": [{"iso_code": "50"}],
    });
    let mmdb = Mmdb::new("Sample")
        .with("1.0.0.0/8", city)
        .with(
            "1.2.0.0/16",
            json!({"asn": "AS64500", "as_name": "Example"}),
        )
        .with("2001:db8::/32", json!({"is_tor": true}));
    mmdb.bytes()
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_reason_and_the_remedy() {
    let folder = Folder::new();
    let good = sample();
    let folder_itself = folder.path(".");
    for (path, reason, remedy) in [
        (folder.path("none.mmdb"), "no such file", "geoipupdate"),
        (folder_itself, "is a folder", "name the .mmdb file"),
        (folder.put_bytes("empty.mmdb", b""), "is empty", "rename"),
        (
            folder.put_bytes("a.tar.gz", b"\x1f\x8b\x08abc"),
            "compressed",
            "unpack",
        ),
        (
            folder.put_bytes("page.mmdb", b"<html>login</html>"),
            "not a complete MMDB",
            "rename",
        ),
        (
            folder.put_bytes("cut.mmdb", &good[..good.len() / 2]),
            "not a complete MMDB",
            "rename",
        ),
        (
            folder.put_bytes("end.mmdb", &good[..good.len() - 3]),
            "not a complete MMDB",
            "rename",
        ),
    ] {
        let message = refused(&path);
        let name = path.display().to_string();
        assert!(message.contains(&name), "{message}");
        assert!(message.contains(reason), "{message}");
        assert!(message.contains(remedy), "{message}");
    }
}

/// The sample with every `from` replaced by `to`.
fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = sample();
    let at: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!at.is_empty());
    for at in at {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn a_record_that_one_field_of_cannot_be_read_keeps_the_others() {
    let folder = Folder::new();
    let bytes = patched(b"Trondheim", b"Trond\xffeim");
    let provider = provider(&[&folder.put_bytes("a.mmdb", &bytes)]);
    let outcome = ask(&*provider, "1.128.0.1");
    let expected = json!({
        "country": "NO", "country_name": "Norway", "subdivision_code": "50",
        "latitude": 63.4, "longitude": 10.4, "accuracy_radius": 10,
    });
    assert_eq!(json!(found(&outcome).fields.to_map()), expected);
}

#[test]
fn a_record_that_cannot_be_read_fails_for_its_addresses_only() {
    let folder = Folder::new();
    // "is_tor" after a map header becomes a key that is not text.
    let bytes = patched(b"\xe1\x46is_tor", b"\xe1\xa6is_tor");
    let path = folder.put_bytes("a.mmdb", &bytes);
    let provider = provider(&[&path]);
    let answers = ask_all(&*provider, &["2001:db8::1", "1.2.3.4"]);
    match &answers.outcomes[0] {
        Outcome::Failed(failure) => {
            assert_eq!(failure.class, FailureClass::Permanent);
            assert!(
                failure.message.contains(&path.display().to_string()),
                "{failure}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(found(&answers.outcomes[1]).fields["asn"], 64500);
}

/// Builds the provider over `bytes` and uses all of it; it may fail, but not panic.
fn use_all(folder: &Folder, bytes: &[u8]) {
    let path = folder.put_bytes("any.mmdb", bytes);
    if let Ok(ProviderSetup::Ready(provider)) = build(&format!("files = [{path:?}]")) {
        let asked = [
            "1.2.3.4",
            "1.128.0.1",
            "9.9.9.9",
            "2001:db8::1",
            "::1",
            "ffff::",
        ];
        assert_eq!(ask_all(&*provider, &asked).outcomes.len(), asked.len());
        assert_eq!(provider.data_files(true).len(), 1);
        assert!(provider.data_version().is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn flipped_bits_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6)) {
        let mut bytes = sample();
        for (index, bit) in flips {
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        use_all(&Folder::new(), &bytes);
    }

    #[test]
    fn overwritten_runs_never_panic(at in any::<prop::sample::Index>(), run in prop::collection::vec(any::<u8>(), 1..32)) {
        let mut bytes = sample();
        let at = at.index(bytes.len());
        let end = (at + run.len()).min(bytes.len());
        bytes[at..end].copy_from_slice(&run[..end - at]);
        use_all(&Folder::new(), &bytes);
    }
}

/// Found with the fuzz target `mmdb`: there are 2³² paths through such a tree.
#[test]
fn a_tree_whose_nodes_share_their_children_is_counted_node_by_node() {
    let folder = Folder::new();
    let mut bytes = Mmdb::v4_only("Shared")
        .with("0.0.0.0/32", json!({"asn": "AS64500"}))
        .bytes();
    let record_bytes = 3;
    for node in bytes[..32 * 2 * record_bytes].chunks_exact_mut(2 * record_bytes) {
        node.copy_within(..record_bytes, record_bytes);
    }
    let provider = provider(&[&folder.put_bytes("a.mmdb", &bytes)]);
    assert_eq!(provider.data_files(true)[0].records, Some(2));
    for address in ["0.0.0.0", "9.9.9.9", "255.255.255.255"] {
        let outcome = ask(&*provider, address);
        assert_eq!(found(&outcome).fields["asn"], 64500);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_used() {
    let folder = Folder::new();
    let bytes = sample();
    for length in 0..bytes.len() {
        use_all(&folder, &bytes[..length]);
    }
}
