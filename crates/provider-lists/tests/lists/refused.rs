//! Files that are not lists.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::bench::{Bench, section};

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
