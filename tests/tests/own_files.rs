//! The user's own files: private addresses, and IPv6 addresses with an embedded IPv4 address.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_testkit::program::Sandbox;
use serde_json::{Value, json};
use xtask::mmdb;

/// A sandbox with a file of this name and these networks.
fn with_file(sandbox: &Sandbox, name: &str, rows: &[(&str, Value)]) -> String {
    let rows = rows.iter();
    let rows = rows.map(|(network, record)| (network.parse().unwrap(), record.clone()));
    let bytes = mmdb::build("Own", "a test", rows.collect()).unwrap();
    let path = sandbox.path(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn sandbox() -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"))
}

fn json_lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn files_of_ones_own_may_be_asked_for_private_addresses() {
    let sandbox = sandbox();
    let lab = json!({"asn": 64600, "city": "Lab"});
    let rows = [("10.0.0.0/8", lab.clone()), ("8.8.8.0/24", lab)];
    let file = with_file(&sandbox, "own.mmdb", &rows);
    let lookup = [
        "--offline",
        "--mmdb",
        &file,
        "lookup",
        "--format",
        "ndjson",
        "10.1.2.3",
    ];
    let answer = &json_lines(&sandbox.run(&lookup).expect(0).stdout)[0];
    assert_eq!(answer["steps"][0]["result"], "not_global");
    assert_eq!(answer["sources"], json!({}));

    let toml = format!("[providers.maxmind]\nfiles = [{file:?}]\nprivate = true\n");
    sandbox.write("ipcascade.toml", &toml);
    sandbox.run(&["config", "check"]).expect(0);
    let answer = &json_lines(&sandbox.run(&lookup).expect(0).stdout)[0];
    assert_eq!(answer["is_bogon"], true);
    assert_eq!(answer["city"], "Lab");

    // A list with global and private addresses.
    sandbox.write("list.txt", "8.8.8.8\n10.1.2.3\n8.8.8.9\n192.168.1.1\n");
    let filter = [
        "--offline",
        "enrich",
        "--no-store",
        "--format",
        "ndjson",
        "list.txt",
    ];
    let found = json_lines(&sandbox.run(&filter).expect(0).stdout);
    let facts = |index: usize| {
        (
            found[index]["city"].clone(),
            found[index]["is_bogon"].clone(),
        )
    };
    assert_eq!(facts(0), (json!("Lab"), json!(false)));
    assert_eq!(facts(1), (json!("Lab"), json!(true)));
    assert_eq!(facts(2), (json!("Lab"), json!(false)));
    assert_eq!(facts(3), (Value::Null, json!(true)));

    let db = ["--offline", "--db", "sqlite://a.db"];
    let run = |args: &[&str]| sandbox.run(&[&db, args].concat()).expect(0).stdout;
    run(&["enrich", "list.txt"]);
    let rows = json_lines(&run(&["ip", "export", "--with-sections"]));
    let row = rows
        .iter()
        .find(|row| row["address"] == "10.1.2.3")
        .unwrap();
    assert_eq!(row["asn"], Value::Null);
    assert_eq!(row["sections"]["maxmind"]["city"], "Lab");
    run(&["verify"]);
}

#[test]
fn no_online_provider_is_asked_for_private_addresses() {
    let sandbox = sandbox();
    for (provider, value) in [("cymru", "true"), ("greynoise", "true"), ("maxmind", "7")] {
        let toml = format!("[providers.{provider}]\nprivate = {value}\n");
        sandbox.write("ipcascade.toml", &toml);
        let message = sandbox.run(&["config", "check"]).expect(2).stderr;
        let key = format!("`providers.{provider}.private`");
        assert!(
            message.contains(&key) && message.contains("ipcascade.toml"),
            "{message}"
        );
        let reason = match value {
            "true" => "no bogon ever leaves this machine",
            _ => "expected true or false",
        };
        assert!(message.contains(reason), "{message}");
    }
    sandbox.write("ipcascade.toml", "[providers.cymru]\nprivate = false\n");
    sandbox.run(&["config", "check"]).expect(0);
}

#[test]
fn an_ipv4_address_inside_is_looked_up_and_named() {
    let sandbox = sandbox();
    let eight =
        json!({"autonomous_system_number": 65020, "autonomous_system_organization": "Eight"});
    let file = with_file(&sandbox, "as.mmdb", &[("8.8.8.0/24", eight)]);
    let addresses = "64:ff9b::8.8.8.8\n2002:808:808::1\n2001:0:4136:e378:8000:63bf:f7f7:f7f7\n\
                     8.8.8.8\n64:ff9b::10.0.0.1\n64:ff9b:1::808:808\n2002:909:909::1\n";
    sandbox.write("list.txt", addresses);
    let with = ["--offline", "--db", "sqlite://a.db", "--mmdb", &file];
    let run = |args: &[&str]| sandbox.run(&[&with, args].concat()).expect(0).stdout;
    let found = json_lines(&run(&[
        "enrich",
        "--no-store",
        "--format",
        "ndjson",
        "list.txt",
    ]));
    for inside in &found[..3] {
        assert_eq!(inside["asn"], 65020, "{inside}");
        assert_eq!(inside["embedded_ipv4"], "8.8.8.8", "{inside}");
    }
    assert_eq!(found[3]["embedded_ipv4"], Value::Null);
    let few = run(&[
        "enrich",
        "--no-store",
        "--fields",
        "asn",
        "--format",
        "ndjson",
        "list.txt",
    ]);
    assert_eq!(json_lines(&few)[0]["embedded_ipv4"], "8.8.8.8");
    for bogon in &found[4..6] {
        assert_eq!(
            (&bogon["is_bogon"], &bogon["asn"]),
            (&json!(true), &Value::Null)
        );
    }
    assert_eq!(found[6]["asn"], Value::Null);

    run(&["enrich", "list.txt"]);
    let listed = json_lines(&run(&[
        "ip", "list", "--asn", "65020", "--format", "ndjson",
    ]));
    assert_eq!(listed.len(), 4);
    run(&["verify"]);
    let again = run(&["lookup", "--format", "ndjson", "64:ff9b::8.8.8.8"]);
    assert_eq!(json_lines(&again)[0]["steps"][0]["result"], "fresh");
}

#[test]
fn without_going_online_an_as_has_its_registry_and_country() {
    let sandbox = sandbox();
    let record =
        json!({"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"});
    let file = with_file(&sandbox, "asn.mmdb", &[("8.8.8.0/24", record)]);
    // The range belongs to another holder.
    let delegated = "2|arin|20260101|2|19700101|20260101|+0000\n\
                     arin|US|asn|15169|1|20000330|assigned|x\n\
                     ripencc|NL|ipv4|8.8.8.0|256|20110811|allocated|y\n";
    sandbox.write("delegated", delegated);
    let maxmind = format!("[providers.maxmind]\nfiles = [{file:?}]\n");
    let with_rir = format!("{maxmind}[providers.rir]\nfiles = [\"delegated\"]\n");
    let the_as = |db: &str| {
        let args = ["--offline", "--db", db, "asn", "export", "--with-sections"];
        json_lines(&sandbox.run(&args).expect(0).stdout).remove(0)
    };
    sandbox.write("ipcascade.toml", &with_rir);
    sandbox
        .run(&["--db", "a.db", "enrich", "8.8.8.8"])
        .expect(0);
    let row = the_as("a.db");
    assert_eq!(
        (&row["registry_country"], &row["registry"]),
        (&"US".into(), &"arin".into())
    );
    let registry = &row["sections"]["rir_registry"];
    assert_eq!(
        (&registry["source"], &registry["allocated"]),
        (&"rir".into(), &"2000-03-30".into())
    );

    // Addresses that were stored without the file get its data with a backfill.
    sandbox.write("ipcascade.toml", &maxmind);
    sandbox
        .run(&["--db", "b.db", "enrich", "8.8.8.8"])
        .expect(0);
    assert_eq!(the_as("b.db")["registry"], Value::Null);
    sandbox.write("ipcascade.toml", &with_rir);
    sandbox.run(&["--db", "b.db", "backfill"]).expect(0);
    assert_eq!(the_as("b.db")["registry_country"], "US");
    for db in ["a.db", "b.db"] {
        sandbox.run(&["--db", db, "verify"]).expect(0);
    }
}
