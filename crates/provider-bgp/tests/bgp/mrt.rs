//! Which MRT dumps are read, alone and together, and which are refused.

use std::path::Path;

use serde_json::json;

use crate::dump::{Dump, MADE_AT, path, small};
use crate::files::{Folder, bzip2, error, gzip, origin, provider, section, with_warnings};

#[tokio::test]
async fn a_packed_file_is_the_same_file_whatever_its_name() {
    let folder = Folder::new();
    let plain = provider(&[&folder.write("rib.gz", small())], "");
    for packed in [gzip(small()), bzip2(small())] {
        let packed = provider(&[&folder.write("rib", packed)], "");
        assert_eq!(origin(&*packed, "1.0.4.1").await, Some(38803));
        assert_eq!(packed.data_version(), plain.data_version());
    }
}

#[tokio::test]
async fn the_old_format_is_read_with_numbers_of_32_bits() {
    let folder = Folder::new();
    let as_trans = path(&[1, 23456]);
    let wide = path(&[1, 200_000]);
    let dump = Dump::empty()
        .old("1.0.0.0/24", 1, &path(&[1, 10]), None)
        .old("1.0.0.0/24", 2, &path(&[10]), None)
        .old("1.0.1.0/24", 1, &as_trans, Some(&wide))
        .old("1.0.1.0/24", 2, &as_trans, Some(&wide))
        .old("2001:200::/32", 1, &path(&[2500]), None)
        .old("2001:200::/32", 2, &path(&[2500]), None);
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    let found = section(&*provider, "1.0.0.1").await.unwrap();
    assert_eq!((&found["asn"], &found["peers"]), (&json!(10), &json!(2)));
    assert_eq!(origin(&*provider, "1.0.1.1").await, Some(200_000));
    assert_eq!(origin(&*provider, "2001:200::1").await, Some(2500));
    assert_eq!(provider.data_files(true)[0].edition, "MRT RIB");
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = Folder::new();
    let whole = small();
    let packed = [gzip(&whole), bzip2(&whole)];
    let (gz, bz2) = (&packed[0], &packed[1]);
    for cut in [
        &whole[..whole.len() - 1],
        &whole[..whole.len() - 60],
        &gz[..gz.len() - 10],
        &gz[..gz.len() / 2],
        &bz2[..bz2.len() - 10],
        &[&whole[..], &[0xff; 5]].concat(),
    ] {
        let path = folder.write("cut", cut);
        let error = error(&[&path], "");
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("fetch it again"), "{error}");
    }
}

#[test]
fn routes_that_cannot_be_read_are_counted_aloud() {
    let folder = Folder::new();
    // The second route is from a peer that is not in the peer index table.
    let routes = [(0, path(&[10])), (9, path(&[11]))];
    let unknown_peer = Dump::new(1).rib("1.0.0.0/24", &routes).bytes();
    // The prefix length comes after the header, view, sequence number and address.
    let mut too_long = Dump::empty()
        .old("1.0.1.0/24", 1, &path(&[11]), None)
        .bytes();
    too_long[20] = 33;
    too_long.extend(
        Dump::empty()
            .old("1.0.0.0/24", 1, &path(&[10]), None)
            .bytes(),
    );
    for dump in [unknown_peer, too_long] {
        let file = folder.write("rib", dump);
        let (provider, warnings) = with_warnings(|| provider(&[&file], ""));
        assert_eq!(provider.data_files(true)[0].records, Some(1));
        assert!(
            warnings.contains("routes that cannot be read: 1;"),
            "{warnings}"
        );
    }
}

#[test]
fn what_holds_no_routing_table_is_refused() {
    let folder = Folder::new();
    let files = [
        folder.write("updates", Dump::empty().update().update().bytes()),
        folder.write("peers", Dump::new(3).bytes()),
        folder.write("page", "<html>\nnot found\n"),
        folder.write("empty", ""),
        folder.write("binary", b"PYASN\x01\0\0\0\0\0\0\0\0\0"),
        folder.path().join("absent"),
        folder.path().to_owned(),
    ];
    for path in files {
        let error = error(&[&path], "");
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("latest-bview.gz"), "{error}");
    }
}

#[test]
fn a_dump_without_a_route_that_counts_is_refused_with_the_reason() {
    let folder = Folder::new();
    let reserved = [(0, path(&[65_536, 64_512]))];
    let dump = Dump::new(1).rib("1.0.0.0/16", &reserved).bytes();
    let message = error(&[&folder.write("rib", dump)], "min_peers = 1");
    assert!(message.contains("holds no route that counts"), "{message}");
}

#[tokio::test]
async fn dumps_of_several_collectors_are_united() {
    let folder = Folder::new();
    let older = MADE_AT - 7200;
    let one = Dump::new(2)
        .rib("1.0.0.0/24", &[(0, path(&[10])), (1, path(&[10]))])
        .rib("1.0.1.0/24", &[(0, path(&[10])), (1, path(&[30]))]);
    let other = Dump::new(3)
        .at(older)
        .rib(
            "1.0.0.0/24",
            &[(0, path(&[10])), (1, path(&[20])), (2, path(&[20]))],
        )
        .rib("1.0.1.0/24", &[(0, path(&[30]))])
        .rib("1.0.2.0/24", &[(0, path(&[40])), (1, path(&[40]))]);
    let one = folder.write("one", one.bytes());
    let other = folder.write("other", other.bytes());
    let provider_of = |files: &[&Path]| provider(files, "");
    let united = provider_of(&[&one, &other]);
    let found = section(&*united, "1.0.0.1").await.unwrap();
    assert_eq!(found["origins"], json!([10, 20]));
    assert_eq!(
        (&found["peers"], &found["seen_at"]),
        (&json!(3), &json!("2026-11-05T08:00:00Z"))
    );
    assert_eq!(
        found["origin_details"][1]["seen_at"],
        "2026-11-05T06:00:00Z"
    );
    let found = section(&*united, "1.0.1.1").await.unwrap();
    assert_eq!((&found["asn"], found.get("origins")), (&json!(30), None));
    assert_eq!(origin(&*united, "1.0.2.1").await, Some(40));
    let turned = provider_of(&[&other, &one]);
    assert_eq!(
        united.data_version(),
        turned.data_version(),
        "whatever their order"
    );
    assert_ne!(united.data_version(), provider_of(&[&one]).data_version());
}

#[test]
fn what_changes_the_answers_changes_the_version() {
    let folder = Folder::new();
    let dump = |asn| {
        Dump::new(2)
            .rib("1.0.0.0/24", &[(0, path(&[asn])), (1, path(&[asn]))])
            .rib("1.0.1.0/24", &[(0, path(&[10]))])
            .bytes()
    };
    let file = folder.write("rib", dump(10));
    let other = folder.write("other", dump(11));
    let version = |file, more| provider(&[file], more).data_version().unwrap();
    let first = version(&file, "");
    assert_eq!(first, version(&file, "min_peers = 2"));
    for different in [version(&file, "min_peers = 1"), version(&other, "")] {
        assert_ne!(first, different);
        assert!(different.supersedes(Some(first.as_str())));
    }
}

#[test]
fn tables_of_different_days_are_reported() {
    let folder = Folder::new();
    let dump = |at| Dump::new(1).at(at).rib("1.0.0.0/24", &[(0, path(&[10]))]);
    let new = folder.write("new", dump(MADE_AT).bytes());
    let old = folder.write("old", dump(MADE_AT - 30 * 86400).bytes());
    let (_, warnings) = with_warnings(|| provider(&[&new, &old], ""));
    assert!(warnings.contains("2026-10-06 to 2026-11-05"), "{warnings}");
    let (_, warnings) = with_warnings(|| provider(&[&new, &new], ""));
    assert_eq!(warnings, "");
}
