//! Files as their publishers write them.

use serde_json::{Value, json};

use crate::bench::{Bench, section};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn clouds_are_read_as_they_publish_their_ranges() {
    let bench = Bench::new();
    bench.write(
        "aws.json",
        json!({"syncToken": "1", "prefixes": [
            {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "AMAZON", "network_border_group": "x"},
            {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "S3", "network_border_group": "x"},
        ], "ipv6_prefixes": [
            {"ipv6_prefix": "2a05:d07a:a000::/40", "region": "eu-south-1", "service": "AMAZON"},
        ]})
        .to_string(),
    );
    bench.write(
        "gcp.json",
        json!({"prefixes": [
            {"ipv4Prefix": "34.1.208.0/20", "service": "Google Cloud", "scope": "africa-south1"},
            {"ipv6Prefix": "2600:1900:8000::/44", "service": "Google Cloud", "scope": "us-central1"},
        ]})
        .to_string(),
    );
    bench.write(
        "azure.json",
        json!({"changeNumber": 1, "values": [
            {"name": "AzureCloud.westeurope", "id": "a", "properties": {
                "region": "westeurope", "platform": "Azure", "addressPrefixes": ["13.69.0.0/17", "2603:1020:200::/47"]}},
            {"name": "ActionGroup", "id": "b", "properties": {"region": "", "addressPrefixes": ["13.66.60.119/32"]}},
        ]})
        .to_string(),
    );
    bench.write(
        "oracle.json",
        json!({"regions": [{"region": "us-phoenix-1", "cidrs": [{"cidr": "129.146.0.0/21", "tags": ["OCI"]}]}]})
            .to_string(),
    );
    bench.write("ips-v4", "173.245.48.0/20\n");
    bench.write("ips-v6", "2400:cb00::/32\n");
    bench.write(
        "cf.json",
        r#"{"result":{"ipv4_cidrs":["103.21.244.0/22"],"ipv6_cidrs":["2606:4700::/32"]}}"#,
    );
    let lists = "[[list]]\npreset = \"aws\"\nfiles = [\"FOLDER/aws.json\"]\n\
        [[list]]\npreset = \"gcp\"\nfiles = [\"FOLDER/gcp.json\"]\n\
        [[list]]\npreset = \"azure\"\nfiles = [\"FOLDER/azure.json\"]\n\
        [[list]]\npreset = \"oracle\"\nfiles = [\"FOLDER/oracle.json\"]\n\
        [[list]]\npreset = \"cloudflare\"\nfiles = [\"FOLDER/ips-v4\", \"FOLDER/ips-v6\", \"FOLDER/cf.json\"]\n";
    let provider = bench.build(lists).unwrap();
    for (address, cloud, region) in [
        ("3.5.143.255", "aws", Some("ap-northeast-2")),
        ("2a05:d07a:a000::1", "aws", Some("eu-south-1")),
        ("34.1.208.1", "gcp", Some("africa-south1")),
        ("2600:1900:8000::1", "gcp", Some("us-central1")),
        ("13.69.1.1", "azure", Some("westeurope")),
        ("2603:1020:201::1", "azure", Some("westeurope")),
        ("13.66.60.119", "azure", None),
        ("129.146.1.1", "oracle", Some("us-phoenix-1")),
        ("173.245.48.1", "cloudflare", None),
        ("2400:cb00::1", "cloudflare", None),
        ("103.21.244.9", "cloudflare", None),
        ("2606:4700::9", "cloudflare", None),
    ] {
        let section = section(&*provider, address).await;
        assert_eq!(section["cloud"], cloud, "{address}: {section}");
        assert_eq!(section["is_hosting"], true, "{address}");
        let expected = region.map_or(Value::Null, Value::from);
        assert_eq!(section["cloud_region"], expected, "{address}: {section}");
        assert!(
            section.get("hits").is_none(),
            "said twice is one hit: {section}"
        );
    }
}

#[tokio::test]
async fn block_lists_are_read_as_text_and_as_documents_one_a_line() {
    let bench = Bench::new();
    bench.write(
        "level1.netset",
        "#\n# firehol_level1\n#\n1.10.16.0/20\n2.56.192.0/22\n",
    );
    bench.write(
        "drop.txt",
        "; Spamhaus DROP List\n1.19.0.0/16 ; SBL434604\n",
    );
    bench.write(
        "drop_v4.json",
        "{\"cidr\":\"1.32.128.0/18\",\"sblid\":\"SBL286275\",\"rir\":\"apnic\"}\n\
         {\"type\":\"metadata\",\"timestamp\":1745000000,\"size\":1,\"records\":1}\n",
    );
    let lists = "[[list]]\npreset = \"firehol\"\nname = \"firehol_level1\"\nfiles = [\"FOLDER/level1.netset\"]\n\
        [[list]]\npreset = \"spamhaus-drop\"\nfiles = [\"FOLDER/drop.txt\", \"FOLDER/drop_v4.json\"]\n";
    let provider = bench.build(lists).unwrap();
    for (address, list) in [
        ("1.10.31.255", "firehol_level1"),
        ("1.19.1.1", "spamhaus-drop"),
        ("1.32.128.1", "spamhaus-drop"),
    ] {
        let expected = json!({"is_blocklisted": true, "lists": [list]});
        assert_eq!(section(&*provider, address).await, expected, "{address}");
    }
    let files = provider.data_files(true);
    let records: Vec<Option<u64>> = files.iter().map(|file| file.records).collect();
    assert_eq!(records, [Some(2), Some(1), Some(1)]);
    assert_eq!(files[0].edition, "list firehol_level1");
}

#[tokio::test]
async fn tables_have_columns_by_name_or_number_and_ranges_in_two() {
    let bench = Bench::new();
    let keys = "address = [\"start\", \"end\"]\nfrom = { site = \"site\", score = \"points\", is_vpn = \"vpn\" }\ndelimiter = \";\"\n";
    let table = "start;end;site;points;vpn\n5.0.0.1;5.0.0.2;\"B; x\";7;yes\n5.0.1.0/24;;;;\n";
    let provider = bench.one("a.csv", table, keys).unwrap();
    let expected = json!({"site": "B; x", "score": 7, "is_vpn": true, "lists": ["l"]});
    assert_eq!(section(&*provider, "5.0.0.2").await, expected);
    assert_eq!(
        section(&*provider, "5.0.1.9").await,
        json!({"lists": ["l"]})
    );
    assert_eq!(section(&*provider, "5.0.0.3").await, Value::Null);

    let geofeed = "# RFC 8805\n5.0.2.0/24,NL,NL-NH,Amsterdam,\n";
    let provider = bench
        .one(
            "b.csv",
            geofeed,
            "address = \"1\"\nfrom = { country = \"2\", city = \"4\" }\n",
        )
        .unwrap();
    let expected = json!({"city": "Amsterdam", "country": "NL", "lists": ["l"]});
    assert_eq!(section(&*provider, "5.0.2.1").await, expected);

    let error = bench
        .one("c.csv", "net,x\n5.0.0.0/8,1\n", "address = \"network\"\n")
        .err()
        .unwrap();
    assert!(
        error.contains("no column `network`") && error.contains("`net`"),
        "{error}"
    );
}
