//! An event, its attributes, and what the manifest says of it.

use serde::{Deserialize, Serialize};

use crate::commands::ip::feed::feed_record::FeedRecord;
use crate::commands::ip::feed::ids;
use crate::output::json_text;
use uuid::Uuid;

/// The organization that has made an event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    pub(super) name: String,
    pub(super) uuid: String,
}

/// What the manifest says of an event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary<'a> {
    #[serde(rename = "Orgc")]
    pub(super) organization: &'a Organization,
    #[serde(rename = "Tag")]
    pub(super) tags: [(); 0],
    pub(super) info: String,
    pub(super) date: &'a str,
    /// Complete.
    pub(super) analysis: &'static str,
    /// Undefined.
    pub(super) threat_level_id: &'static str,
    pub(super) timestamp: String,
}

impl<'a> Summary<'a> {
    /// That of the event of `date`, which changed last at `timestamp`.
    pub(super) fn new(
        organization: &'a Organization,
        feed: &str,
        date: &'a str,
        timestamp: i64,
    ) -> Self {
        Self {
            organization,
            tags: [],
            info: format!("{feed}: addresses last seen on {date}"),
            date,
            analysis: "2",
            threat_level_id: "4",
            timestamp: timestamp.to_string(),
        }
    }
}

/// An event without its attributes, which come before it in its file.
#[derive(Serialize)]
struct Head<'a> {
    uuid: String,
    #[serde(flatten)]
    summary: &'a Summary<'a>,
    publish_timestamp: &'a str,
    published: bool,
}

/// The beginning of the file of an event; attributes follow, separated by [`BETWEEN`].
pub(super) const BEGINNING: &str = "{\"Event\":{\"Attribute\":[\n";

/// What is between two attributes.
pub(super) const BETWEEN: &str = ",\n";

/// The end of the file of an event.
pub(super) fn ending(event: Uuid, summary: &Summary<'_>) -> std::io::Result<String> {
    let head = json_text(&Head {
        uuid: event.to_string(),
        summary,
        publish_timestamp: &summary.timestamp,
        published: true,
    })?;
    // Its members follow on the attributes.
    let members = head.strip_prefix('{').unwrap_or_default();
    Ok(format!("\n],{members}}}\n"))
}

#[derive(Serialize)]
struct Attribute<'a> {
    uuid: String,
    r#type: &'static str,
    category: &'static str,
    value: String,
    to_ids: bool,
    comment: &'a str,
    timestamp: String,
    first_seen: String,
    last_seen: String,
    deleted: bool,
    disable_correlation: bool,
}

/// An address in an event. What is known to be benign is not for detection.
pub(super) fn attribute(event: Uuid, record: &FeedRecord) -> std::io::Result<String> {
    let time = |time: ipcascade_core::clock::Timestamp| {
        time.to_rfc3339_opts(chrono::SecondsFormat::Micros, false)
    };
    json_text(&Attribute {
        uuid: ids::attribute(event, record.address).to_string(),
        r#type: "ip-src",
        category: "Network activity",
        value: record.address.to_string(),
        to_ids: record.classification.as_deref() != Some("benign"),
        comment: &record.description,
        timestamp: record.changed.timestamp().to_string(),
        first_seen: time(record.first_seen),
        last_seen: time(record.last_seen),
        deleted: false,
        disable_correlation: false,
    })
}
