//! One inventory for each part of the addresses, as described in `docs/scaling.md`, adds up to one for all.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use ipcascade_testkit::program::Sandbox;
use ipcascade_tests::inventories::{Engine, Inputs, LogSpec, Place};

const PAGE: &str = include_str!("../../docs/scaling.md");

/// The first code block in `language` after a heading of the page.
fn block(heading: &str, language: &str) -> &'static str {
    let (_, section) = PAGE.split_once(heading).unwrap();
    let (_, rest) = section.split_once(&format!("```{language}")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

/// The statements of the page, for another database of the same server.
fn federation(other: &str) -> String {
    let (_, rest) = other.split_once("://").unwrap();
    let (credentials, rest) = rest.split_once('@').unwrap();
    let (user, password) = credentials.split_once(':').unwrap();
    let (address, database) = rest.split_once('/').unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let (database, _) = database.split_once('?').unwrap_or((database, ""));
    block("## An inventory on each server", "sql")
        .replace("'db1.example'", &format!("'{host}'"))
        .replace("'5432'", &format!("'{port}'"))
        .replace("'inventory'", &format!("'{database}'"))
        .replace("'reader'", &format!("'{user}'"))
        .replace("'secret'", &format!("'{password}'"))
}

fn enrich(sandbox: &Sandbox, place: &Place, log: &str) {
    let url = place.url();
    let known = ["--offline", "--mmdb", "asn.mmdb", "--mmdb", "city.mmdb"];
    let args = [&["--db", &url][..], &known, &["enrich", log]].concat();
    sandbox.run(&args).expect(0);
    sandbox.run(&["--db", &url, "verify"]).expect(0);
}

#[tokio::test]
async fn parts_add_up_to_the_whole() {
    let new = || Place::new(Engine::Postgres);
    let (Some(whole), Some(first), Some(second)) = (new().await, new().await, new().await) else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let inputs = Inputs(&sandbox);
    inputs.asn_file("asn.mmdb", 0);
    inputs.city_file("city.mmdb");
    let spec = LogSpec {
        events: 2_000,
        addresses: 600,
        offset: 0,
        number: 1,
    };
    inputs.log("cowrie.json", spec);
    let split = Command::new("sh")
        .args(["-ec", block("## An inventory on each server", "sh")])
        .current_dir(sandbox.path(""))
        .status();
    assert!(split.unwrap().success());

    enrich(&sandbox, &whole, "cowrie.json");
    enrich(&sandbox, &first, "part-0.json");
    enrich(&sandbox, &second, "part-1.json");
    first.subject.execute(&federation(&second.url())).await;

    let addresses = "SELECT count(*)::text FROM ip_inventory";
    for part in [&first, &second] {
        let rows = part.subject.rows(addresses).await;
        let count: u32 = rows[0][0].as_ref().unwrap().parse().unwrap();
        assert!((200..400).contains(&count), "{count} of 600");
    }
    let systems = |table| {
        format!(
            "SELECT asn_number::text, organization_name, first_seen::text, last_seen::text,
                    unique_ip_count::text, total_session_count::text
             FROM {table} ORDER BY asn_number"
        )
    };
    let expected = whole.subject.rows(&systems("asn_inventory")).await;
    assert!(expected.len() > 50);
    let sums = first.subject.rows(&systems("asn_inventory_of_all")).await;
    assert_eq!(sums, expected);
}
