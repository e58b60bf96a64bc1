//! The page, and where it is written.

use std::fs;

use base64::Engine as _;
use ipcascade_testkit::program::Sandbox;
use serde_json::Value;
use sha2::Digest as _;

use crate::inventory::{NOW, PROGRAM, hostile, page, report};

#[tokio::test]
async fn names_are_text_and_the_page_asks_nobody() {
    let sandbox = hostile().await;
    let page = page(&sandbox, &["--since", "2026-11-20"]);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("<script").count(), 1, "only the page's own");
    assert!(!page.contains("<img"));
    for reference in ["src=\"", "url(", "@import", "<iframe", "fetch("] {
        assert!(!page.contains(reference), "{reference}");
    }
    let references = page.split("href=\"").skip(1);
    for reference in references.map(|rest| rest.split('"').next().unwrap()) {
        assert!(
            reference.starts_with('#') || reference == "data:,",
            "{reference}"
        );
    }
    let script = page.split("<script>").nth(1).unwrap();
    let script = script.split("</script>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script));
    let policy = page
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(
        policy.contains(&format!("script-src 'sha256-{hash}'")),
        "{policy}"
    );
}

#[tokio::test]
async fn the_page_has_the_numbers_of_the_json() {
    let sandbox = hostile().await;
    let figures = report(&sandbox, &["--since", "2026-11-20"]);
    let page = page(&sandbox, &["--since", "2026-11-20", "-n", "1000"]);
    let rows = figures["asns"]["rows"].as_array().unwrap();
    let shown = |count: &Value| format!("data-key=\"{count}\"");
    for row in rows.iter().filter(|row| row["asn"].is_u64()) {
        let start = page.find(&format!(">AS{}</th>", row["asn"])).unwrap();
        let line = page[start..].split("</tr>").next().unwrap();
        for name in ["session_count", "address_count"] {
            assert!(line.contains(&shown(&row[name])), "{name} of {row}: {line}");
        }
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_written_leaves_the_old_one() {
    let sandbox = hostile().await;
    sandbox.write("page.html", "old");
    let args = [
        &NOW[..],
        &["report", "--db", "absent.db", "--output", "page.html"],
    ]
    .concat();
    assert_ne!(sandbox.run(&args[2..]).code, 0);
    assert_eq!(
        fs::read_to_string(sandbox.path("page.html")).unwrap(),
        "old"
    );
    let args = [&NOW[..], &["report", "--output", "no/page.html"]].concat();
    let run = sandbox.run(&args).expect(1);
    assert!(
        run.stderr.contains("cannot write no/page.html"),
        "{}",
        run.stderr
    );
}

#[tokio::test]
async fn the_format_follows_from_the_name_of_the_file() {
    let sandbox = hostile().await;
    let args = [&NOW[..], &["report", "--output", "numbers.JSON"]].concat();
    sandbox.run(&args).expect(0);
    let json = fs::read_to_string(sandbox.path("numbers.JSON")).unwrap();
    assert!(serde_json::from_str::<Value>(&json).unwrap()["totals"].is_object());
    for args in [&["x.foo"][..], &["x.csv"]] {
        let args = [&NOW[..], &["report", "--output"], args].concat();
        sandbox.run(&args).expect(2);
        assert!(!sandbox.path("x.foo").exists() && !sandbox.path("x.csv").exists());
    }
    let args = [&NOW[..], &["report", "--output", "-", "--format", "html"]].concat();
    assert!(
        sandbox
            .run(&args)
            .expect(0)
            .stdout
            .starts_with("<!DOCTYPE html>")
    );
    assert!(!sandbox.path("-").exists());
}

#[test]
fn an_empty_inventory_has_a_report() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["--db", "a.db", "migrate"]).expect(0);
    let run = sandbox.run(&["--db", "a.db", "report"]).expect(0);
    assert!(run.stderr.contains("nothing was seen"), "{}", run.stderr);
    let page = page(&sandbox, &[]);
    assert!(page.contains("<p class=\"none\">None.</p>"));
}
