//! What commands print in JSON is what `schema` says.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]

use ipcascade_testkit::program::Sandbox;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A member that the schema does not have is a fault, too.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            if object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn summaries_are_as_their_schemas() {
    let sandbox = Sandbox::new(PROGRAM);
    let event = |ip: &str, session: &str| {
        format!(
            r#"{{"eventid":"cowrie.session.connect","session":"{session}","src_ip":"{ip}","timestamp":"2026-03-01T00:00:00Z"}}"#
        )
    };
    let log = [
        event("8.8.8.8", "aaaa0001"),
        event("10.0.0.1", "aaaa0002"),
        "{".to_owned(),
    ];
    sandbox.write("cowrie.json", &log.join("\n"));
    let base = ["--db", "a.db", "--mmdb", SAMPLE, "--offline"];
    for (name, args) in [
        ("migrate", &["migrate", "--dry-run"][..]),
        ("migrate", &["migrate", "--index", "country"]),
        ("enrich", &["enrich", "cowrie.json"]),
        ("refresh", &["refresh"]),
        ("refresh", &["refresh", "--dry-run"]),
        ("backfill", &["backfill"]),
        ("verify", &["verify"]),
        ("verify", &["verify", "--repair", "--dry-run"]),
        ("verify", &["verify", "--repair"]),
        ("stats", &["stats"]),
        ("index", &["migrate", "--list-indexes"]),
        ("copy", &["copy", "--from", "a.db", "--to", "b.db"]),
        ("provider", &["providers"]),
        ("provider", &["providers", "show", "maxmind"]),
        ("database", &["databases"]),
        ("database", &["databases", "--count"]),
    ] {
        let args = [&base[..], args, &["--format", "json"]].concat();
        let run = sandbox.run(&args);
        let printed: Value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", run.stderr));
        let values = match printed {
            Value::Array(values) => values,
            value => vec![value],
        };
        assert!(!values.is_empty(), "{args:?}");
        let run = sandbox.run(&["schema", name, "--format", "json"]).expect(0);
        let mut schema: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(schema["title"], name);
        close(&mut schema);
        let validator = jsonschema::validator_for(&schema).unwrap();
        for value in &values {
            let errors = validator.iter_errors(value);
            let faults = errors.map(|error| format!("{}: {error}", error.instance_path()));
            assert_eq!(faults.collect::<Vec<_>>(), [""; 0], "{args:?}");
        }
    }
}
