//! Files as their publishers write them, and damaged ones.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::{Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup, Registry};
use ipcascade_core::settings::Settings;
use ipcascade_provider_lists::build;
use serde_json::{Value, json};

/// A folder with files, and providers over lists of them.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn settings(&self, lists: &str) -> Settings {
        let lists = lists.replace("FOLDER", &self.0.path().display().to_string());
        Settings::from_toml("providers.lists", &lists)
    }

    fn build(&self, lists: &str) -> Result<Arc<dyn Provider>, String> {
        match build(&self.settings(lists)) {
            Ok(ProviderSetup::Ready(provider)) => Ok(provider),
            Ok(ProviderSetup::Unconfigured(what)) => panic!("{what}"),
            Err(BuildError::Resource(error)) => Err(error.to_string()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The list `l` over one file with this content.
    fn one(
        &self,
        name: &str,
        content: impl AsRef<[u8]>,
        keys: &str,
    ) -> Result<Arc<dyn Provider>, String> {
        self.write(name, content);
        self.build(&format!(
            "[[list]]\nname = \"l\"\nfiles = [\"FOLDER/{name}\"]\n{keys}"
        ))
    }
}

async fn find(provider: &dyn Provider, address: &str) -> Option<Finding> {
    let answers = provider.look_up(&[address.parse().unwrap()]).await;
    match answers.outcomes.into_iter().next().unwrap() {
        Outcome::Found(finding) => Some(finding),
        Outcome::NotFound => None,
        other => panic!("{other:?}"),
    }
}

async fn section(provider: &dyn Provider, address: &str) -> Value {
    let finding = find(provider, address).await;
    finding.map_or(Value::Null, |finding| finding.fields.to_map().into())
}

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

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_file_that_is_not_a_list_is_refused_with_its_name() {
    let bench = Bench::new();
    let refused = |name: &str, content: &[u8], keys: &str, expected: &str| {
        let error = bench.one(name, content, keys).err().unwrap();
        assert!(error.contains(name) && error.contains("`l`"), "{error}");
        assert!(error.contains(expected), "{expected}: {error}");
    };
    refused("empty", b"", "", "it is empty");
    refused(
        "page",
        b"<!DOCTYPE html>\n<html>\n<body>Log in</body>\n",
        "",
        "none of its 3 entries",
    );
    let path = "address = \"prefixes.*.cidr\"\n";
    refused(
        "cut.json",
        br#"{"prefixes": [{"cidr": "5.0.0.0/8"}, {"ci"#,
        path,
        "ends too early",
    );
    refused(
        "other.json",
        br#"{"ranges": []}"#,
        path,
        "nothing at `prefixes.*.cidr`",
    );
    refused("no.json", b"5.0.0.0/8\n", path, "not JSON");

    let open = format!(
        "network,name\n5.0.0.0/24,\"Acme\n{}",
        "5.0.1.0/24,x\n".repeat(30)
    );
    refused(
        "open.csv",
        open.as_bytes(),
        "address = \"network\"\n",
        "line 2: a field goes on",
    );
    let beyond = "address = \"1\"\nfrom = { country = \"9\" }\n";
    refused(
        "beyond.csv",
        b"5.0.0.0/24,NL\n",
        beyond,
        "there is no column 9",
    );
    let long = format!("{}\n6.0.0.0/8\n", "5.6.7.8,".repeat(20_000));
    let provider = bench.one("long", long, "").unwrap();
    assert_eq!(section(&*provider, "5.6.7.8").await, Value::Null);
    assert_eq!(section(&*provider, "6.0.0.1").await["lists"], json!(["l"]));
    let marked = [
        b"\xef\xbb\xbf".as_slice(),
        br#"{"prefixes": [{"cidr": "5.0.0.0/8"}]}"#,
    ]
    .concat();
    assert!(bench.one("marked.json", marked, path).is_ok());

    refused("list.bz2", b"BZh91AY&SY", "", "packed with bzip2");
    refused(
        "semicolons.csv",
        b"network;x\n5.0.0.0/8;1\n",
        "address = \"network\"\n",
        "set `delimiter`",
    );

    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed
        .write_all("5.0.0.0/8\n".repeat(10_000).as_bytes())
        .unwrap();
    let packed = packed.finish().unwrap();
    refused("half.gz", &packed[..packed.len() / 2], "", "cut off");
    let provider = bench.one("whole.gz", &packed, "").unwrap();
    assert_eq!(section(&*provider, "5.0.0.1").await["lists"], json!(["l"]));

    let error = bench
        .build("[[list]]\npreset = \"aws\"\nfiles = [\"FOLDER/none\"]\n")
        .err()
        .unwrap();
    assert!(
        error.contains("FOLDER/none".trim_start_matches("FOLDER")),
        "{error}"
    );
    assert!(
        error.contains("https://ip-ranges.amazonaws.com/ip-ranges.json"),
        "{error}"
    );
    let only_comments = bench.one("quiet", "# nobody today\n", "").unwrap();
    assert_eq!(only_comments.data_files(true)[0].records, Some(0));
}

#[test]
fn other_content_and_other_settings_are_another_version() {
    let bench = Bench::new();
    let touched = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let version = |content: &str, keys: &str| {
        let path = bench.write("list", content);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(touched).unwrap();
        let keys = format!("[[list]]\nname = \"l\"\nfiles = [\"FOLDER/list\"]\n{keys}");
        bench.build(&keys).unwrap().data_version().unwrap()
    };
    let first = version("5.0.0.0/8\n", "");
    assert_eq!(first, version("5.0.0.0/8\n", ""));
    assert!(
        first.as_str().starts_with("2023-11-14T22:13:20Z+"),
        "{}",
        first.as_str()
    );
    for other in [
        version("5.0.0.0/9\n", ""),
        version("5.0.0.0/8\n", "fields = { x = 1 }"),
    ] {
        assert!(other.supersedes(Some(first.as_str())), "{}", other.as_str());
    }
}

#[test]
fn fields_of_the_settings_are_declared() {
    let bench = Bench::new();
    let settings = bench.settings(
        "[[list]]\nname = \"l\"\nfiles = [\"x.csv\"]\naddress = \"a\"\nfields = { is_partner = true }\nfrom = { site = \"s\" }\n",
    );
    let registry = Registry::linked().unwrap();
    let factory = registry.provider("lists").unwrap();
    let fields = factory.fields_with(&settings).unwrap();
    let names: Vec<&str> = fields.iter().map(|source| source.field.name()).collect();
    assert!(
        names.contains(&"is_partner") && names.contains(&"site"),
        "{names:?}"
    );
}
