//! Files that change while they are in use.

use std::sync::atomic::{AtomicBool, Ordering};

use ipcascade_core::data_version::DataVersion;
use ipcascade_core::provider::Provider;
use serde_json::json;

use crate::common::{BUILD, Folder, Mmdb, age, ask, ask_all, found, provider, provider_with};

fn asn_file(asn: u32, epoch: u64) -> Vec<u8> {
    let record = json!({"asn": asn});
    let mmdb = Mmdb::new("ASN").built_at(epoch).with("1.0.0.0/8", record);
    mmdb.bytes()
}

fn asn(provider: &dyn Provider) -> u64 {
    let outcome = ask(provider, "1.2.3.4");
    found(&outcome).fields["asn"].as_u64().unwrap()
}

#[test]
fn a_replaced_file_answers_from_the_next_batch_on_with_a_new_version() {
    let folder = Folder::new();
    let path = folder.put_bytes("asn.mmdb", &asn_file(1, BUILD));
    let provider = provider(&[&path]);
    assert_eq!(asn(&*provider), 1);
    let before = provider.data_version().unwrap();
    assert!(
        before.as_str().starts_with("2026-01-06T00:00:00Z+"),
        "{before:?}"
    );

    folder.replace("asn.mmdb", &asn_file(2, BUILD + 86_400));
    let answers = ask_all(&*provider, &["1.2.3.4"]);
    assert_eq!(found(&answers.outcomes[0]).fields["asn"], 2);
    let after = answers.version.unwrap();
    assert!(after.supersedes(Some(before.as_str())));
    assert_eq!(provider.data_version(), Some(after));
}

#[test]
fn a_file_written_over_in_place_is_read_once_it_is_at_rest() {
    let folder = Folder::new();
    let path = folder.put_bytes("asn.mmdb", &asn_file(1, BUILD));
    let provider = provider(&[&path]);
    assert_eq!(asn(&*provider), 1);
    std::fs::write(&path, asn_file(2, BUILD)).unwrap();
    age(&path, 0);
    assert_eq!(asn(&*provider), 1, "it may still be being written");
    age(&path, 30);
    assert_eq!(asn(&*provider), 2);
}

#[test]
fn a_broken_file_in_the_place_of_a_good_one_changes_nothing() {
    let folder = Folder::new();
    let good = asn_file(1, BUILD);
    let path = folder.put_bytes("asn.mmdb", &good);
    let provider = provider(&[&path]);
    for broken in [&good[..good.len() / 2], b"<html>", b""] {
        folder.put_bytes("asn.mmdb", broken);
        assert_eq!(asn(&*provider), 1);
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(asn(&*provider), 1);
    folder.put_bytes("asn.mmdb", &asn_file(3, BUILD));
    assert_eq!(asn(&*provider), 3);
}

#[test]
fn the_set_changes_as_a_whole_or_not_at_all() {
    let folder = Folder::new();
    let asn_path = folder.put_bytes("asn.mmdb", &asn_file(1, BUILD));
    let city = |name: &str| {
        Mmdb::new("City")
            .with("1.0.0.0/8", json!({"city": name}))
            .bytes()
    };
    let city_path = folder.put_bytes("city.mmdb", &city("Old"));
    let provider = provider(&[&asn_path, &city_path]);
    folder.replace("asn.mmdb", &asn_file(2, BUILD));
    folder.replace("city.mmdb", b"broken");
    let outcome = ask(&*provider, "1.2.3.4");
    let expected = json!({"city": "Old", "asn": 1});
    assert_eq!(json!(found(&outcome).fields.to_map()), expected);
    folder.replace("city.mmdb", &city("New"));
    let outcome = ask(&*provider, "1.2.3.4");
    let expected = json!({"city": "New", "asn": 2});
    assert_eq!(json!(found(&outcome).fields.to_map()), expected);
}

#[test]
fn a_mapped_file_can_be_replaced_by_renaming() {
    let folder = Folder::new();
    let path = folder.put_bytes("asn.mmdb", &asn_file(1, BUILD));
    let provider = provider_with(&[&path], "mmap = true");
    assert_eq!(asn(&*provider), 1);
    folder.replace("asn.mmdb", &asn_file(2, BUILD));
    assert_eq!(asn(&*provider), 2);
}

#[test]
fn without_reload_the_files_of_the_start_are_used_to_the_end() {
    let folder = Folder::new();
    let path = folder.put_bytes("asn.mmdb", &asn_file(1, BUILD));
    let provider = provider_with(&[&path], "reload = false");
    folder.replace("asn.mmdb", &asn_file(2, BUILD + 1));
    assert_eq!(asn(&*provider), 1);
}

#[test]
fn the_version_is_the_newest_build_and_distinguishes_sets() {
    let folder = Folder::new();
    let old = folder.put_bytes("old.mmdb", &asn_file(1, BUILD));
    let new = folder.put_bytes("new.mmdb", &asn_file(1, BUILD + 86_400));
    let version = |files: &[&std::path::Path]| provider(files).data_version().unwrap();
    let both = version(&[&old, &new]);
    assert_eq!(both.built_at(), "2026-01-07T00:00:00Z");
    assert_eq!(both, version(&[&new, &old]));
    assert_ne!(both, version(&[&new]));
    assert!(both.supersedes(Some(version(&[&new]).as_str())));
    // Stored in databases: a release with another hash would make every row stale.
    assert_eq!(version(&[&old]).as_str(), "2026-01-06T00:00:00Z+9c87fa1e");
}

#[test]
fn a_batch_is_answered_from_one_set_while_files_are_replaced() {
    let folder = Folder::new();
    let generation = |number: u32| {
        let mmdb = Mmdb::new("Any").built_at(BUILD + u64::from(number) * 60);
        let mmdb = mmdb.with("1.0.0.0/8", json!({"asn": number}));
        mmdb.with("2.0.0.0/8", json!({"asn": number})).bytes()
    };
    let path = folder.put_bytes("any.mmdb", &generation(1));
    let provider = provider(&[&path]);
    let asked = ["1.0.0.1", "2.0.0.1"].repeat(200);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let read = || {
            let mut versions: Vec<DataVersion> = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let answers = ask_all(&*provider, &asked);
                let asn = |index: usize| &found(&answers.outcomes[index]).fields["asn"];
                let first = asn(0).as_u64().unwrap();
                assert!((0..asked.len()).all(|index| *asn(index) == first));
                let version = answers.version.unwrap();
                let minutes = format!("2026-01-06T00:{first:02}:00Z");
                assert_eq!(version.built_at(), minutes);
                versions.push(version);
            }
            versions.is_sorted()
        };
        let readers = [scope.spawn(read), scope.spawn(read)];
        for number in 2..40 {
            folder.replace("any.mmdb", &generation(number));
            ask(&*provider, "1.0.0.1");
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap(), "an older set came back");
        }
    });
    assert_eq!(asn(&*provider), 39);
}
