//! MRT dumps, from octets to answers.

use std::path::Path;

use serde_json::json;

use crate::dump::{Dump, MADE_AT, Segment, path};
use crate::files::{Folder, ask, bzip2, error, gzip, origin, provider, section, with_warnings};

/// A prefix inside another, for each family, seen by two peers.
fn small() -> Vec<u8> {
    let both = |asn| [(0, path(&[65_536, asn])), (1, path(&[asn]))];
    Dump::new(2)
        .rib("1.0.0.0/16", &both(13335))
        .rib("1.0.4.0/22", &both(38803))
        .rib("2001:200::/32", &both(2500))
        .bytes()
}

#[tokio::test]
async fn the_longest_announced_prefix_counts() {
    let folder = Folder::new();
    let provider = provider(&[&folder.write("rib", small())], "");
    let expected = json!({
        "asn": 38803, "peers": 2, "seen_at": "2026-11-05T08:00:00Z", "prefix": "1.0.4.0/22",
    });
    assert_eq!(section(&*provider, "1.0.7.255").await, Some(expected));
    let expected = json!({
        "asn": 13335, "peers": 2, "seen_at": "2026-11-05T08:00:00Z", "prefix": "1.0.0.0/16",
    });
    assert_eq!(section(&*provider, "1.0.8.0").await, Some(expected));
    let found = section(&*provider, "2001:200::1").await.unwrap();
    assert_eq!(
        (&found["asn"], &found["prefix"]),
        (&json!(2500), &json!("2001:200::/32"))
    );
    for nobody in ["1.1.0.0", "0.255.255.255", "2001:201::"] {
        assert_eq!(section(&*provider, nobody).await, None, "{nobody}");
    }
    let files = provider.data_files(true);
    assert_eq!(files[0].edition, "MRT RIB (collector 192.0.2.1)");
    assert_eq!((files[0].records, files[0].ip_version), (Some(3), 6));
    let version = provider.data_version().unwrap();
    assert_eq!(version.built_at(), "2026-11-05T08:00:00Z");
}

#[tokio::test]
async fn addresses_with_the_same_record_share_their_fields() {
    let folder = Folder::new();
    let provider = provider(&[&folder.write("rib", small())], "");
    let one = ask(&*provider, "1.0.0.1").await.unwrap();
    let other = ask(&*provider, "1.0.200.1").await.unwrap();
    assert!(one.fields.is_same(&other.fields));
}

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
async fn of_several_origins_that_of_most_peers_is_first_and_all_are_kept() {
    let folder = Folder::new();
    let dump = Dump::new(5)
        .rib(
            "1.0.0.0/24",
            &[
                (0, path(&[20])),
                (1, path(&[9, 10])),
                (2, path(&[10])),
                (3, path(&[8, 20])),
                (4, path(&[20])),
            ],
        )
        .rib(
            "1.0.1.0/24",
            &[
                (0, path(&[20])),
                (1, path(&[10])),
                (2, path(&[10])),
                (3, path(&[20])),
            ],
        );
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    let expected = json!({
        "asn": 20, "peers": 3, "origins": [20, 10], "seen_at": "2026-11-05T08:00:00Z",
        "origin_details": [
            {"asn": 20, "peers": 3, "seen_at": "2026-11-05T08:00:00Z"},
            {"asn": 10, "peers": 2, "seen_at": "2026-11-05T08:00:00Z"},
        ],
        "prefix": "1.0.0.0/24",
    });
    assert_eq!(section(&*provider, "1.0.0.1").await, Some(expected));
    assert_eq!(
        origin(&*provider, "1.0.1.1").await,
        Some(10),
        "the lowest of equals"
    );
}

#[tokio::test]
async fn an_origin_that_too_few_peers_see_does_not_count() {
    let folder = Folder::new();
    let dump = Dump::new(3)
        .rib(
            "1.0.0.0/16",
            &[(0, path(&[20])), (1, path(&[20])), (2, path(&[20]))],
        )
        .rib("1.0.1.0/24", &[(0, path(&[10])), (1, path(&[10]))])
        .rib("1.0.2.0/24", &[(2, path(&[30]))]);
    let file = folder.write("rib", dump.bytes());
    let of = async |min_peers: &str| {
        let provider = provider(&[&file], min_peers);
        [
            origin(&*provider, "1.0.1.1").await,
            origin(&*provider, "1.0.2.1").await,
        ]
    };
    assert_eq!(of("").await, [Some(10), Some(20)]);
    assert_eq!(of("min_peers = 1").await, [Some(10), Some(30)]);
    assert_eq!(of("min_peers = 3").await, [Some(20), Some(20)]);
    let error = error(&[&file], "min_peers = 4");
    assert!(error.contains("providers.bgp.min_peers"), "{error}");
}

#[tokio::test]
async fn a_dump_of_one_peer_is_taken_as_it_is() {
    let folder = Folder::new();
    let dump = Dump::new(1).rib("1.0.0.0/24", &[(0, path(&[10]))]);
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    assert_eq!(origin(&*provider, "1.0.0.1").await, Some(10));
}

#[tokio::test]
async fn several_paths_of_one_peer_are_one_peer() {
    let folder = Folder::new();
    let dump = Dump::new(2)
        .add_path(
            "1.0.0.0/24",
            &[(0, path(&[7, 10])), (0, path(&[8, 10])), (1, path(&[10]))],
        )
        .add_path("2001:200::/32", &[(0, path(&[7, 11])), (1, path(&[8, 11]))]);
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    let found = section(&*provider, "1.0.0.1").await.unwrap();
    assert_eq!((&found["asn"], &found["peers"]), (&json!(10), &json!(2)));
    assert_eq!(origin(&*provider, "2001:200::1").await, Some(11));
}

#[tokio::test]
async fn routes_that_are_not_evidence_are_passed_over_with_a_warning() {
    let folder = Folder::new();
    let set = vec![Segment::Sequence(vec![1, 2]), Segment::Set(vec![10, 11])];
    let dump = Dump::new(1)
        .rib("0.0.0.0/0", &[(0, path(&[1])), (0, path(&[2]))])
        .rib("1.0.0.0/7", &[(0, path(&[1]))])
        .rib("1.0.0.0/24", &[(0, path(&[10]))])
        .rib("1.0.1.0/24", &[(0, set)])
        .rib("1.0.2.0/24", &[(0, path(&[1, 23456]))])
        .rib("1.0.3.0/24", &[(0, path(&[1, 64512]))])
        .rib("1.0.4.0/24", &[(0, path(&[1, 65535]))])
        .rib("1.0.5.0/24", &[(0, path(&[1, 0]))])
        .rib("1.0.6.0/24", &[(0, vec![])])
        .rib("::/0", &[(0, path(&[1]))]);
    let file = folder.write("rib", dump.bytes());
    let (provider, warnings) = with_warnings(|| provider(&[&file], ""));
    assert_eq!(origin(&*provider, "1.0.0.1").await, Some(10));
    for nobody in [
        "1.0.1.1", "1.0.2.1", "1.0.3.1", "1.0.4.1", "1.0.5.1", "1.0.6.1", "9.9.9.9", "2a00::",
    ] {
        assert_eq!(origin(&*provider, nobody).await, None, "{nobody}");
    }
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    for said in [
        &*file.display().to_string(),
        "routes that do not count: ",
        "4 to a default route",
        "1 ending in an AS_SET",
        "(AS_TRANS",
        "(for private use",
        "(reserved",
        "1 from AS0",
        "1 of a path without an origin",
    ] {
        assert!(warnings.contains(said), "`{said}` is not in: {warnings}");
    }
}

#[tokio::test]
async fn multicast_routes_are_not_announcements_of_addresses() {
    let folder = Folder::new();
    let dump = Dump::new(1)
        .rib("1.0.0.0/24", &[(0, path(&[10]))])
        .multicast("1.0.1.0/24", &[(0, path(&[11]))])
        .update();
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    assert_eq!(origin(&*provider, "1.0.0.1").await, Some(10));
    assert_eq!(origin(&*provider, "1.0.1.1").await, None);
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

#[tokio::test]
async fn a_prefix_without_counting_routes_does_not_have_the_origin_of_the_one_around_it() {
    let folder = Folder::new();
    let set = vec![Segment::Sequence(vec![20]), Segment::Set(vec![30, 31])];
    let dump = Dump::new(2)
        .rib("1.0.0.0/16", &[(0, path(&[20])), (1, path(&[20]))])
        .rib("1.0.7.0/24", &[(0, set.clone()), (1, set)])
        .rib("1.0.8.0/24", &[(0, path(&[64512])), (1, path(&[64512]))]);
    let provider = provider(&[&folder.write("rib", dump.bytes())], "");
    assert_eq!(origin(&*provider, "1.0.6.1").await, Some(20));
    assert_eq!(origin(&*provider, "1.0.7.1").await, None);
    assert_eq!(origin(&*provider, "1.0.8.1").await, None);
}
