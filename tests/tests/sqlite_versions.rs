//! Programs with another version of SQLite write to the same file: each finds the indexes of the other right.

use std::process::Command;

use ipcascade_core::store::{AddressQuery, MigrateOptions, OpenMode, SectionKey};
use ipcascade_testkit::store::fixtures::{GEO, day, geo, seen};
use ipcascade_testkit::store::foreign::{ForeignAddress, ForeignStatement};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_tests::subject::SqliteSubject;

/// Changes every row, as its SQLite sees them, and adds those of `documents` once more; then checks the file.
const OTHER: &str = r#"
import json, sqlite3, sys
path, documents = sys.argv[1], json.loads(sys.argv[2])
connection = sqlite3.connect(path)
keys = [key for (key,) in connection.execute("SELECT ip_address FROM ip_inventory").fetchall()]
for number, key in enumerate(keys):
    if number % 3 == 0:
        connection.execute("DELETE FROM ip_inventory WHERE ip_address = ?", (key,))
    else:
        connection.execute("UPDATE ip_inventory SET enrichment = enrichment || ' ' WHERE ip_address = ?", (key,))
for number, document in enumerate(documents):
    connection.execute(
        "INSERT OR REPLACE INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment)"
        " VALUES (?, '2026-01-01 00:00:00.000000', '2026-01-02 00:00:00.000000', 0, ?)",
        (f"11.9.0.{number}", document),
    )
connection.commit()
print(connection.execute("PRAGMA integrity_check").fetchall())
"#;

/// What versions differ in.
fn documents() -> Vec<String> {
    let of = |value: &str| format!(r#"{{"maxmind":{{"city":{value}}},"x":[1.5]}}"#);
    let mut documents: Vec<String> = [
        r#""Delft""#,
        "52.37030029296875",
        "0.1",
        "1E400",
        "-0",
        "0",
        "12345678901234567890",
        r#""a\u0000b""#,
        r#""\u0041""#,
        r#""\u00d6rebro""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\/\b\f\n\t""#,
        "\"\u{7f}\u{e9}\"",
        "true",
        "null",
        r#"[1.50, "a", {"b": -0}]"#,
        r#"{"b": 1E400, "c": "\u00e9"}"#,
    ]
    .map(of)
    .into();
    documents.push(of(&format!("{}1{}", "[".repeat(1500), "]".repeat(1500))));
    documents.push(of(&format!("\"{}\"", "x".repeat(5000))));
    documents.extend(
        [
            r#"{"m\u0061xmind":{"city":"A"}}"#,
            r#"{"maxmind":{"c\u0069ty":"A"}}"#,
            r#"{"maxmind":{"city":"A"},"maxmind":{"city":"B"}}"#,
            r#"{"maxmind":{"city":"A","city":"B"}}"#,
            "{'maxmind':{'city':'json5'}}",
            r#"{"maxmind":{"city":+1}}"#,
            r#"{"maxmind":{"city":"A",}}"#,
            "{\"maxmind\":{\"city\":\"A\"}}\u{c}",
            "{",
            "",
        ]
        .map(str::to_owned),
    );
    documents
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_of_values_are_right_for_every_version() {
    let subject = SqliteSubject::new();
    let path = subject.path();
    let trial = Trial::new(Box::new(subject)).await;
    let options = MigrateOptions {
        indexes: vec![SectionKey {
            provider: GEO,
            key: "city",
        }],
        ..MigrateOptions::default()
    };
    trial.store.migrate(&options).await.unwrap();
    let rows = (0..).zip(documents()).map(|(number, document)| {
        let key = format!("11.8.0.{number}");
        ForeignAddress {
            document,
            ..ForeignAddress::new(key, (day(1), day(2)))
        }
    });
    let rows = ForeignStatement::InsertAddresses(rows.collect());
    trial.subject.foreign(&[rows]).await;
    let documents = serde_json::to_string(&documents()).unwrap();
    let run = Command::new("python3")
        .args(["-c", OTHER])
        .arg(&path)
        .arg(documents)
        .output()
        .expect("python3 is needed");
    let checked = String::from_utf8_lossy(&run.stdout);
    assert_eq!(checked.trim(), "[('ok',)]", "{run:?}");
    // Our own version changes what the other one has written.
    let stored = trial.addresses(&AddressQuery::default()).await;
    let updates = stored.iter().map(|row| {
        let answers = vec![geo(64500, "Org", "NL", day(3))];
        seen(row.address, day(3), answers)
    });
    let updates: Vec<_> = updates.collect();
    trial.record_only(&updates, day(3)).await;
    let store = trial.subject.open(OpenMode::Write).await.unwrap();
    store.close().await;
    let integrity = trial.subject.rows("PRAGMA integrity_check").await;
    assert_eq!(integrity, [[Some("ok".to_owned())]]);
}
