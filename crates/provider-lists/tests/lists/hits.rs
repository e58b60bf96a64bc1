//! What is answered of several lists, or several prefixes of one.

use ipcascade_core::asn::Asn;
use serde_json::{Value, json};

use crate::bench::{Bench, find, section};

#[tokio::test]
async fn all_hits_are_kept_and_the_narrowest_prefix_wins_each_field() {
    let bench = Bench::new();
    bench.write("wide", "5.0.0.0/8\n");
    bench.write("narrow", "5.1.0.0/16\n5.1.2.3\n");
    let provider = bench
        .build(
            "[[list]]\nname = \"wide\"\nfiles = [\"FOLDER/wide\"]\nfields = { is_vpn = false, owner = \"a\" }\n\
             [[list]]\nname = \"narrow\"\nfiles = [\"FOLDER/narrow\"]\nfields = { is_vpn = true }\n\
             [[list]]\nname = \"again\"\nfiles = [\"FOLDER/narrow\"]\nfields = { is_vpn = false, owner = \"b\" }\n",
        )
        .unwrap();
    let finding = find(&*provider, "5.1.2.3").await.unwrap();
    assert_eq!(finding.prefix.unwrap().to_string(), "5.1.2.3/32");
    let hit = |list: &str, prefix: &str, is_vpn: bool, owner: Option<&str>| {
        let mut hit = json!({"list": list, "prefix": prefix, "is_vpn": is_vpn});
        if let Some(owner) = owner {
            hit["owner"] = owner.into();
        }
        hit
    };
    let expected = json!({
        "is_vpn": true, "owner": "b", "lists": ["narrow", "again", "wide"],
        "hits": [
            hit("narrow", "5.1.2.3/32", true, None),
            hit("again", "5.1.2.3/32", false, Some("b")),
            hit("narrow", "5.1.0.0/16", true, None),
            hit("again", "5.1.0.0/16", false, Some("b")),
            hit("wide", "5.0.0.0/8", false, Some("a")),
        ],
    });
    assert_eq!(Value::from(finding.fields.to_map()), expected);
    let expected = json!({"is_vpn": false, "owner": "a", "lists": ["wide"]});
    assert_eq!(section(&*provider, "5.2.0.1").await, expected);
    assert_eq!(section(&*provider, "6.0.0.0").await, Value::Null);

    let again = find(&*provider, "5.1.2.3").await.unwrap();
    assert!(again.fields.is_same(&finding.fields), "made once");
    let other = find(&*provider, "5.2.0.1").await.unwrap();
    let same = find(&*provider, "5.200.0.1").await.unwrap();
    assert!(
        other.fields.is_same(&same.fields),
        "one record for all that share it"
    );
}

#[tokio::test]
async fn a_value_that_cannot_be_is_left_out_and_the_hit_stays() {
    let bench = Bench::new();
    let table = b"network,tor,site\n5.0.0.0/24,perhaps,M\xfcnchen\n5.0.1.0/24,true,\"two\nlines\"\nnonsense,true,x\n";
    let keys = "address = \"network\"\nfrom = { is_tor = \"tor\", site = \"site\" }\n";
    let provider = bench.one("a.csv", table, keys).unwrap();
    let expected = json!({"site": "M\u{fffd}nchen", "lists": ["l"]});
    assert_eq!(section(&*provider, "5.0.0.1").await, expected);
    let expected = json!({"is_tor": true, "site": "two\nlines", "lists": ["l"]});
    assert_eq!(section(&*provider, "5.0.1.1").await, expected);
    assert_eq!(provider.data_files(true)[0].records, Some(2));
}

#[tokio::test]
async fn a_part_is_not_taken_from_another_list_than_its_whole() {
    let bench = Bench::new();
    bench.write("aws", "network,region\n3.0.0.0/8,us-east-1\n");
    bench.write("acme", "3.1.0.0/16\n");
    let lists = "[[list]]\nname = \"acme\"\nfiles = [\"FOLDER/acme\"]\nfields = { cloud = \"acme\" }\n\
        [[list]]\nname = \"aws\"\nfiles = [\"FOLDER/aws\"]\nformat = \"csv\"\naddress = \"network\"\n\
        fields = { cloud = \"aws\" }\nfrom = { cloud_region = \"region\" }\n";
    let provider = bench.build(lists).unwrap();
    let inner = section(&*provider, "3.1.0.1").await;
    assert_eq!(
        (&inner["cloud"], inner.get("cloud_region")),
        (&json!("acme"), None)
    );
    assert_eq!(inner["hits"][1]["cloud_region"], "us-east-1");
    assert_eq!(
        section(&*provider, "3.2.0.1").await["cloud_region"],
        "us-east-1"
    );
}

#[tokio::test]
async fn places_of_one_s_own_go_before_those_of_a_preset() {
    let bench = Bench::new();
    bench.write(
        "exits.json",
        r#"{"relays": [{"exit": "5.0.0.1"}, {"guard": "5.0.0.2"}]}"#,
    );
    let tor = "[[list]]\npreset = \"tor\"\nfiles = [\"FOLDER/exits.json\"]\n";
    let provider = bench
        .build(&format!("{tor}address = \"relays.*.exit\"\n"))
        .unwrap();
    assert_eq!(section(&*provider, "5.0.0.1").await["is_tor"], true);
    assert_eq!(provider.data_files(true)[0].records, Some(1));
}

#[tokio::test]
async fn asns_describe_the_as_and_no_address() {
    let bench = Bench::new();
    bench.write("vpn", "AS64500 # Example\n64501\n");
    bench.write("types.csv", "asn,type\nAS64500,hosting\n64502,isp\n");
    let provider = bench
        .build(
            "[[list]]\nname = \"vpn\"\nfiles = [\"FOLDER/vpn\"]\nfields = { is_vpn = true, is_hosting = true }\n\
             [[list]]\nname = \"types\"\nfiles = [\"FOLDER/types.csv\"]\naddress = \"asn\"\nbare_asns = true\n\
             from = { asn_type = \"type\" }\n",
        )
        .unwrap();
    let described = |number| provider.describe_asn(Asn::new(number).unwrap());
    let both = described(64500).unwrap();
    assert_eq!((both.is_vpn, both.is_hosting), (Some(true), Some(true)));
    assert_eq!(both.asn_type.as_deref(), Some("hosting"));
    assert!(both.as_of.is_some());
    assert_eq!(
        described(64501),
        None,
        "a bare number is not taken for an AS unasked"
    );
    let kind = described(64502).unwrap();
    assert_eq!((kind.is_vpn, kind.asn_type.as_deref()), (None, Some("isp")));
    assert_eq!(described(64503), None);
}
