//! Which record an address gets, and for which network.

use std::path::Path;

use ipcascade_core::asn::Asn;
use serde_json::json;

use crate::common::{Folder, Mmdb, ask, ask_all, found, is_not_found, provider};

#[test]
fn the_most_specific_network_wins_and_is_named() {
    let folder = Folder::new();
    let mmdb = Mmdb::new("Any")
        .with("1.0.0.0/8", json!({"asn": 1}))
        .with("1.2.0.0/16", json!({"asn": 2}))
        .with("1.2.3.4/32", json!({"asn": 3}))
        .with("2001:db8::/32", json!({"asn": 4}))
        .with("2001:db8:1::/48", json!({"asn": 5}));
    let provider = provider(&[&folder.put("any.mmdb", &mmdb)]);
    for (address, asn, prefix) in [
        ("1.128.0.1", 1, "1.128.0.0/9"),
        ("1.2.128.1", 2, "1.2.128.0/17"),
        ("1.2.3.4", 3, "1.2.3.4/32"),
        ("2001:db8:8000::1", 4, "2001:db8:8000::/33"),
        ("2001:db8:1::1", 5, "2001:db8:1::/48"),
    ] {
        let outcome = ask(&*provider, address);
        let finding = found(&outcome);
        assert_eq!(finding.fields["asn"], asn, "{address}");
        assert_eq!(finding.prefix.unwrap().to_string(), prefix, "{address}");
    }
    assert!(is_not_found(&ask(&*provider, "9.9.9.9")));
}

#[test]
fn of_several_files_the_narrowest_network_is_named() {
    let folder = Folder::new();
    let asn = folder.put(
        "asn.mmdb",
        &Mmdb::new("ASN").with("1.2.0.0/16", json!({"asn": 7})),
    );
    let city = folder.put(
        "city.mmdb",
        &Mmdb::new("City").with("1.2.3.0/24", json!({"city": "Oslo"})),
    );
    for files in [[&*asn, &*city], [&*city, &*asn]] {
        let provider = provider(&files);
        let outcome = ask(&*provider, "1.2.3.4");
        assert_eq!(found(&outcome).prefix.unwrap().to_string(), "1.2.3.0/24");
        assert_eq!(found(&outcome).fields.iter().count(), 2);
        let outcome = ask(&*provider, "1.2.4.4");
        assert_eq!(found(&outcome).prefix.unwrap().to_string(), "1.2.0.0/16");
    }
}

#[test]
fn a_file_of_ipv4_knows_nothing_of_ipv6() {
    let folder = Folder::new();
    let v4 = folder.put(
        "v4.mmdb",
        &Mmdb::v4_only("V4").with("1.0.0.0/8", json!({"asn": 7})),
    );
    let provider = provider(&[&v4]);
    assert!(is_not_found(&ask(&*provider, "2a00::1")));
    let outcome = ask(&*provider, "::ffff:1.2.3.4");
    assert_eq!(found(&outcome).prefix.unwrap().to_string(), "1.0.0.0/8");
}

#[test]
fn a_file_of_ipv6_without_ipv4_names_no_network_for_ipv4() {
    let folder = Folder::new();
    let v6 = folder.put("v6.mmdb", &Mmdb::new("V6").with("::/1", json!({"asn": 7})));
    let outcome = ask(&*provider(&[&v6]), "1.2.3.4");
    assert_eq!(found(&outcome).fields["asn"], 7);
    assert_eq!(found(&outcome).prefix, None);
}

#[test]
fn answers_come_in_the_order_of_the_question_also_for_duplicates() {
    let folder = Folder::new();
    let mmdb = Mmdb::new("Any")
        .with("1.0.0.0/8", json!({"asn": 1}))
        .with("2.0.0.0/8", json!({"asn": 2}));
    let provider = provider(&[&folder.put("any.mmdb", &mmdb)]);
    let asked = [
        "2.0.0.1", "9.9.9.9", "1.0.0.1", "2.0.0.1", "1.0.0.2", "2a00::",
    ];
    let answers = ask_all(&*provider, &asked);
    let asns: Vec<Option<u64>> = answers
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            ipcascade_core::lookup::Outcome::NotFound => None,
            outcome => found(outcome).fields["asn"].as_u64(),
        })
        .collect();
    assert_eq!(asns, [Some(2), None, Some(1), Some(2), Some(1), None]);
    assert!(ask_all(&*provider, &[]).outcomes.is_empty());
}

#[test]
fn addresses_with_the_same_record_share_its_fields() {
    let folder = Folder::new();
    let mmdb = Mmdb::new("Any").with("1.0.0.0/8", json!({"asn": 1}));
    let provider = provider(&[&folder.put("any.mmdb", &mmdb)]);
    let answers = ask_all(&*provider, &["1.0.0.1", "1.200.0.1"]);
    let fields = |index: usize| &found(&answers.outcomes[index]).fields;
    assert!(fields(0).is_same(fields(1)));
}

#[test]
fn the_prefixes_of_ases_are_found_in_every_file() {
    let folder = Folder::new();
    let both = Mmdb::new("Both")
        .with("1.0.0.0/8", json!({"asn": 1}))
        .with("1.2.0.0/16", json!({"asn": "AS2", "asn_org": "Two"}))
        .with("9.0.0.0/9", json!({"asn": 1}))
        .with("100.64.0.0/10", json!({"country": "NL"}))
        .with("2001:db8::/32", json!({"asn": 2}));
    let v4 = Mmdb::v4_only("V4")
        .with("1.2.3.0/24", json!({"asn": 2}))
        .with("0.0.0.0/8", json!({"asn": 3}));
    let city = Mmdb::new("City").with("1.0.0.0/8", json!({"city": "Oslo"}));
    let files = [
        folder.put("both.mmdb", &both),
        folder.put("v4.mmdb", &v4),
        folder.put("city.mmdb", &city),
    ];
    let search = |files: &[&Path], asns: &[u32]| {
        let asns: Vec<Asn> = asns.iter().filter_map(|&number| Asn::new(number)).collect();
        let mut found = Vec::new();
        let has_origins = provider(files).find_prefixes(&asns, &mut |asn, prefix| {
            found.push(format!("{prefix} {asn}"))
        });
        found.sort_unstable();
        (has_origins, found)
    };
    let all: Vec<&Path> = files.iter().map(|file| &**file).collect();
    let of_two = ["1.2.0.0/16 AS2", "1.2.3.0/24 AS2", "2001:db8::/32 AS2"];
    assert_eq!(
        search(&all, &[2]),
        (true, of_two.map(str::to_owned).to_vec())
    );
    let (_, of_one) = search(&all, &[1, 3]);
    assert_eq!(of_one.len(), 10, "{of_one:?}");
    for prefix in [
        "0.0.0.0/8 AS3",
        "9.0.0.0/9 AS1",
        "1.128.0.0/9 AS1",
        "1.3.0.0/16 AS1",
    ] {
        assert!(of_one.iter().any(|it| it == prefix), "{prefix}: {of_one:?}");
    }
    assert_eq!(search(&all, &[64500]), (true, Vec::new()));
    assert_eq!(search(&all[2..], &[1]), (false, Vec::new()));
}
