//! A STIX 2.1 bundle ([STIX 2.1], 4.7 for indicators, 8 for bundles): who publishes it, and an indicator for each address.
//!
//! [STIX 2.1]: https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html

use std::io::{self, Write};

use chrono::SecondsFormat;
use ipcascade_core::clock::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::commands::ip::feed::feed_record::FeedRecord;
use crate::commands::ip::feed::ids::Ids;
use crate::output::json_text;

/// When identities were made: a version of an object has one time forever, and nothing else of them changes.
const CREATED: &str = "1990-01-01T00:00:00.000Z";

/// A bundle under construction. Its identifier follows from its content and is therefore its last member.
pub(super) struct Bundle<W> {
    out: W,
    ids: Ids,
    /// Their identifier.
    publisher: String,
    /// The first object, until it is written: nothing is, before there is an address or the end.
    first: Option<String>,
    content: Sha256,
}

#[derive(Serialize)]
struct Identity<'a> {
    r#type: &'static str,
    spec_version: &'static str,
    id: &'a str,
    created: &'static str,
    modified: &'static str,
    name: &'a str,
    identity_class: &'static str,
}

#[derive(Serialize)]
struct Indicator<'a> {
    r#type: &'static str,
    spec_version: &'static str,
    id: String,
    created_by_ref: &'a str,
    created: &'static str,
    modified: String,
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    indicator_types: [&'static str; 1],
    pattern: String,
    pattern_type: &'static str,
    pattern_version: &'static str,
    valid_from: String,
}

impl<W: Write> Bundle<W> {
    /// Begins a bundle.
    pub(super) fn begin(out: W, ids: Ids, publisher: &str) -> io::Result<Self> {
        let id = format!("identity--{}", ids.publisher());
        let identity = Identity {
            r#type: "identity",
            spec_version: "2.1",
            id: &id,
            created: CREATED,
            modified: CREATED,
            name: publisher,
            identity_class: "organization",
        };
        Ok(Self {
            out,
            ids,
            first: Some(json_text(&identity)?),
            publisher: id,
            content: Sha256::new(),
        })
    }

    fn write_first(&mut self) -> io::Result<()> {
        let Some(first) = self.first.take() else {
            return Ok(());
        };
        self.content.update(&first);
        self.out
            .write_all(b"{\"type\":\"bundle\",\"objects\":[\n")?;
        self.out.write_all(first.as_bytes())
    }

    /// Adds an address.
    pub(super) fn add(&mut self, record: &FeedRecord) -> io::Result<()> {
        self.write_first()?;
        let address = record.address;
        let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
        let indicator = Indicator {
            r#type: "indicator",
            spec_version: "2.1",
            id: format!("indicator--{}", self.ids.indicator(address)),
            created_by_ref: &self.publisher,
            // An object never changes when it was created, while older logs move the first sighting.
            created: CREATED,
            modified: time(record.changed),
            name: address.to_string(),
            description: &record.description,
            indicator_types: [indicator_type(record)],
            pattern: format!("[{family}-addr:value = '{address}']"),
            pattern_type: "stix",
            pattern_version: "2.1",
            valid_from: time(record.first_seen),
        };
        let indicator = json_text(&indicator)?;
        self.content.update(&indicator);
        self.out.write_all(b",\n")?;
        self.out.write_all(indicator.as_bytes())
    }

    /// Ends it, and returns what it was written to.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.write_first()?;
        let digest = self.content.finalize();
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = self.ids.bundle(&digest);
        writeln!(self.out, "\n],\"id\":\"bundle--{id}\"}}")?;
        Ok(self.out)
    }
}

/// A word of the vocabulary `indicator-type-ov`. What a honeypot has seen is unusual at least.
fn indicator_type(record: &FeedRecord) -> &'static str {
    match record.classification.as_deref() {
        Some("malicious") => "malicious-activity",
        Some("benign") => "benign",
        _ => "anomalous-activity",
    }
}

/// A time with milliseconds, which all implementations read.
fn time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
