//! Feeds of equal inventories are equal, whatever database they are in.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::BTreeMap;

use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::day;
use ipcascade_testkit::store::foreign::{ForeignAddress, ForeignStatement};
use ipcascade_tests::inventories::{Inputs, LogSpec, Place};

/// Rows of another program: spellings of one address, with different facts, and keys that are not addresses.
fn rows_of_others() -> Vec<ForeignAddress> {
    let keys = [
        "9.9.9.9 ",
        "::ffff:9.9.9.9",
        "0:0:0:0:0:ffff:909:909",
        "2A00::1",
        "2a00:0::1",
        "host",
        "9.9.9",
    ];
    let rows = keys.iter().zip(1_u32..).map(|(key, number)| ForeignAddress {
        sessions: u64::from(number),
        document: format!(
            r#"{{"maxmind": {{"asn": {number}, "asn_org": "Name \"{number}\" é", "country": "NL", "cached_at": "2026-01-01T00:00:00Z"}}}}"#
        ),
        ..ForeignAddress::new(key, (day(i64::from(number)), day(9 - i64::from(number) % 2)))
    });
    rows.collect()
}

/// A feed: standard output, or the files of the folder `feed`.
fn feed(sandbox: &Sandbox, url: &str, format: &str, args: &[&str]) -> BTreeMap<String, String> {
    let mut line = vec!["--db", url, "ip", "export", "--feed", format];
    line.extend(args);
    if format != "misp" {
        let run = sandbox.run(&line).expect(0);
        return BTreeMap::from([(String::new(), run.stdout)]);
    }
    line.extend(["--output", "feed"]);
    sandbox.run(&line).expect(0);
    let entries = std::fs::read_dir(sandbox.path("feed")).unwrap();
    let files = entries.map(|entry| {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    });
    let files = files.collect();
    std::fs::remove_dir_all(sandbox.path("feed")).unwrap();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_feeds() {
    let Some([file, server]) = Place::of_both().await else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let inputs = Inputs(&sandbox);
    inputs.asn_file("asn.mmdb", 0);
    inputs.city_file("city.mmdb");
    inputs.log(
        "cowrie.json",
        LogSpec {
            events: 3_000,
            addresses: 900,
            offset: 0,
            number: 0,
        },
    );
    for place in [&file, &server] {
        let url = place.url();
        let mut args = vec!["--db", url.as_str(), "--offline"];
        args.extend([
            "--mmdb",
            "asn.mmdb",
            "--mmdb",
            "city.mmdb",
            "enrich",
            "cowrie.json",
        ]);
        sandbox.run(&args).expect(0);
        let rows = ForeignStatement::InsertAddresses(rows_of_others());
        place.subject.plant_rows(&[rows]).await;
    }
    let conditions: [&[&str]; 5] = [
        &[],
        &["--with-bogons", "--min-sessions", "2"],
        &["--country", "NL"],
        &["--since", "2026-01-03", "--exclude", "9.0.0.0/8"],
        &["--prefix", "2000::/3"],
    ];
    for format in ["plain", "cidr", "nft", "ipset", "pf", "stix", "misp"] {
        for args in conditions {
            let of_file = feed(&sandbox, &file.url(), format, args);
            let of_server = feed(&sandbox, &server.url(), format, args);
            assert_eq!(of_file, of_server, "{format} {args:?}");
        }
    }
    let plain = feed(&sandbox, &file.url(), "plain", &[]);
    let lines = plain[""].lines();
    assert!(lines.clone().count() > 500, "there is something to compare");
    assert_eq!(lines.filter(|line| *line == "9.9.9.9").count(), 1);
}
