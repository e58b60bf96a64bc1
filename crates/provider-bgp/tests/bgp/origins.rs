//! Which origin of an MRT dump counts for an address.

use ipcascade_core::asn::Asn;
use ipnet::IpNet;
use serde_json::json;

use crate::dump::{Dump, Segment, path, small};
use crate::files::{Folder, ask, error, origin, provider, section, with_warnings};

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
    let prefixes = |settings: &str| {
        let asns = [10, 30, 40].map(|number| Asn::new(number).unwrap());
        let mut found = Vec::new();
        let mut add = |asn: Asn, prefix: IpNet| found.push(format!("{prefix} {asn}"));
        assert!(provider(&[&file], settings).find_prefixes(&asns, &mut add));
        found
    };
    assert_eq!(prefixes(""), ["1.0.1.0/24 AS10"]);
    assert_eq!(
        prefixes("min_peers = 1"),
        ["1.0.1.0/24 AS10", "1.0.2.0/24 AS30"]
    );
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

#[test]
fn every_origin_of_a_prefix_has_it() {
    let folder = Folder::new();
    let dump = Dump::new(2)
        .rib("1.0.0.0/16", &[(0, path(&[20])), (1, path(&[10]))])
        .rib("1.0.0.0/24", &[(0, path(&[20])), (1, path(&[20]))])
        .rib("2001:db8::/32", &[(0, path(&[10])), (1, path(&[10]))]);
    let provider = provider(&[&folder.write("rib", dump.bytes())], "min_peers = 1");
    let asns = [10, 20].map(|number| Asn::new(number).unwrap());
    let mut found = Vec::new();
    let mut add = |asn: Asn, prefix: IpNet| found.push(format!("{prefix} {asn}"));
    assert!(provider.find_prefixes(&asns, &mut add));
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "1.0.0.0/16 AS10",
            "1.0.0.0/16 AS20",
            "1.0.0.0/24 AS20",
            "2001:db8::/32 AS10"
        ]
    );
}
