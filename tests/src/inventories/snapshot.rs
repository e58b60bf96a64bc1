//! The content of an inventory, as the program exports it.

use ipcascade_testkit::program::Sandbox;
use serde_json::Value;

/// Whether times that depend on when the program ran are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeless {
    /// Everything is kept: all runs had the same clock.
    No,
    /// Times of look-ups are left out.
    Yes,
}

/// Keys whose values are times of look-ups and writes.
const MOMENTS: [&str; 5] = [
    "cached_at",
    "asn_last_verified",
    "enriched_at",
    "enrichment_updated_at",
    "updated_at",
];

/// All rows of an inventory.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    tables: [(&'static str, Vec<Value>); 3],
}

impl Snapshot {
    /// Exports the inventory at `url`.
    ///
    /// # Panics
    ///
    /// If the program fails.
    #[track_caller]
    pub fn of(sandbox: &Sandbox, url: &str, timeless: Timeless) -> Self {
        let table = |name| {
            let mut args = vec!["--db", url, name, "export", "--format", "ndjson"];
            args.extend(Some("--with-sections").filter(|_| name != "session"));
            let lines = sandbox.run(&args).expect(0).stdout;
            let mut rows: Vec<Value> = lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            if timeless == Timeless::Yes {
                rows.iter_mut().for_each(without_moments);
            }
            (name, rows)
        };
        Self {
            tables: ["asn", "ip", "session"].map(table),
        }
    }

    /// The number of rows of each table.
    pub fn sizes(&self) -> [usize; 3] {
        self.tables.each_ref().map(|(_, rows)| rows.len())
    }

    /// Fails, naming the first rows that differ, unless both are the same.
    ///
    /// # Panics
    ///
    /// If they differ.
    #[track_caller]
    pub fn assert_same(&self, expected: &Self) {
        for ((name, rows), (_, expected)) in self.tables.iter().zip(&expected.tables) {
            for (row, expected) in rows.iter().zip(expected) {
                assert_eq!(row, expected, "a row of `{name} export`");
            }
            assert_eq!(rows.len(), expected.len(), "rows of `{name} export`");
        }
    }
}

fn without_moments(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !MOMENTS.contains(&key.as_str()));
            fields.values_mut().for_each(without_moments);
        }
        Value::Array(items) => items.iter_mut().for_each(without_moments),
        _ => {}
    }
}
