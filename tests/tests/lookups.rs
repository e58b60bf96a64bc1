//! Look-ups of prefixes and ASes in equal inventories are equal, whatever database they are in; rows of other programs do
//! not spoil them.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::day;
use ipcascade_testkit::store::foreign::{ForeignAddress, ForeignStatement};
use ipcascade_tests::inventories::{Inputs, LogSpec, Place};
use serde_json::Value;

/// Rows of another program: spellings of one address, keys that are not addresses, documents that are not JSON.
fn rows_of_others() -> Vec<ForeignAddress> {
    let documents = [
        r#"{"maxmind": {"asn": 7, "prefix": "9.9.0.0/16", "country": "nl", "cached_at": "2026-01-01T00:00:00Z"}}"#,
        r#"{"greynoise": {"noise": true, "classification": "malicious", "cached_at": "2026-01-01T00:00:00Z"}}"#,
        r#""twice""#,
        "[]",
    ];
    let keys = ["9.9.9.9 ", "::ffff:9.9.9.9", "2A00::1", "host"];
    let rows = keys.iter().zip(documents).zip(1_i64..);
    rows.map(|((key, document), number)| ForeignAddress {
        sessions: number.unsigned_abs(),
        document: document.to_owned(),
        ..ForeignAddress::new(key, (day(number), day(20 - number)))
    })
    .collect()
}

fn answer(sandbox: &Sandbox, url: &str, args: &[&str]) -> Value {
    let run = sandbox.run(&[&["--offline", "--db", url], args, &["--json"]].concat());
    serde_json::from_str(&run.expect(0).stdout).unwrap()
}

/// Answers about an inventory in a file and about the same one on a server.
struct Both<'s> {
    sandbox: &'s Sandbox,
    urls: [String; 2],
}

impl Both<'_> {
    /// The answer in JSON, which is the same from both.
    fn answer(&self, args: &[&str]) -> Value {
        let [of_file, of_server] = &self.urls;
        let of_file = answer(self.sandbox, of_file, args);
        assert_eq!(of_file, answer(self.sandbox, of_server, args), "{args:?}");
        of_file
    }

    /// The same for a list.
    fn list(&self, args: &[&str]) -> Vec<Value> {
        self.answer(args).as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_answers() {
    let Some([file, server]) = Place::of_both().await else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let inputs = Inputs(&sandbox);
    inputs.asn_file("asn.mmdb", 0);
    let spec = LogSpec {
        events: 3_000,
        addresses: 900,
        offset: 0,
        number: 0,
    };
    inputs.log("cowrie.json", spec);
    for place in [&file, &server] {
        let url = place.url();
        let mmdb = ["--mmdb", "asn.mmdb", "enrich", "cowrie.json"];
        let args = [&["--db", &url, "--offline"], &mmdb[..]].concat();
        sandbox.run(&args).expect(0);
        let rows = ForeignStatement::InsertAddresses(rows_of_others());
        place.subject.plant_rows(&[rows]).await;
    }
    let both = Both {
        sandbox: &sandbox,
        urls: [file.url(), server.url()],
    };
    for subject in [
        "9.0.0.0/8",
        "2000::/3",
        "::/0",
        "9.9.0.0-130.1.2.3",
        "192.0.2.0/23",
    ] {
        both.answer(&["lookup", subject]);
    }
    let asn = check_whole(&both);
    check_asn(&both, &asn);
}

/// What is said of all IPv4 addresses is what lists have of them; returns the AS with the most sessions.
fn check_whole(both: &Both<'_>) -> String {
    let whole = both.answer(&["lookup", "0.0.0.0/0"]);
    let listed = both.list(&["ip", "list", "--all", "--prefix", "0.0.0.0/0"]);
    assert!(listed.len() > 500, "there is something to compare");
    assert_eq!(whole["address_count"], listed.len());
    let sessions = listed
        .iter()
        .filter_map(|row| row["session_count"].as_u64());
    assert_eq!(whole["session_count"], sessions.sum::<u64>());
    let times = |name: &'static str| listed.iter().filter_map(move |row| row[name].as_str());
    assert_eq!(whole["first_seen"].as_str(), times("first_seen").min());
    assert_eq!(whole["last_seen"].as_str(), times("last_seen").max());
    let unattributed = listed.iter().filter(|row| row["asn"].is_null()).count();
    assert_eq!(whole["unattributed_count"], unattributed);
    let prefix = ["--prefix", "0.0.0.0/0"];
    let counted = both.list(&[&["ip", "top", "--by", "asn", "--all"], &prefix[..]].concat());
    let asns = whole["asns"].as_array().unwrap();
    assert_eq!(asns.len(), counted.len());
    for (asn, counted) in asns.iter().zip(&counted) {
        for name in ["asn", "address_count", "session_count"] {
            assert_eq!(asn[name], counted[name]);
        }
    }
    format!("AS{}", asns[0]["asn"])
}

/// Its prefixes have all its addresses.
fn check_asn(both: &Both<'_>, asn: &str) {
    let of_asn = both.answer(&["asn", "show", asn]);
    assert_eq!(both.answer(&["lookup", asn]), of_asn);
    for aggregate in [&[][..], &["--aggregate"]] {
        let args = [&["asn", "prefixes", asn, "--from", "stored"], aggregate].concat();
        let prefixes = both.list(&args);
        let addresses = prefixes
            .iter()
            .filter_map(|row| row["address_count"].as_u64());
        assert_eq!(of_asn["address_count"], addresses.sum::<u64>());
    }
}
