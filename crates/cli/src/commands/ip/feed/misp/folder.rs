//! The folder of a MISP feed, and how it is replaced.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use serde::Deserialize;
use tempfile::TempDir;

use crate::commands::ip::feed::feed_record::FeedRecord;
use crate::commands::ip::feed::ids::Ids;
use crate::commands::ip::feed::misp::event::{Organization, Summary, ending};
use crate::commands::ip::feed::misp::event_file::EventFile;
use crate::commands::ip::feed::name::FeedName;
use crate::output::json_text;
use crate::report::CliError;

const MANIFEST: &str = "manifest.json";
const HASHES: &str = "hashes.csv";

/// A feed under construction, in a folder inside the one that it is for: what is dropped changes nothing.
pub(in crate::commands::ip::feed) struct Folder {
    path: PathBuf,
    staging: TempDir,
    ids: Ids,
    feed: FeedName,
    organization: Organization,
    /// By day, as `2026-01-31`.
    events: BTreeMap<String, EventFile>,
    hashes: BufWriter<File>,
    /// The events of the feed that is there.
    before: Vec<String>,
}

/// What is read of a manifest that is there.
#[derive(Deserialize)]
struct OldSummary {
    date: String,
}

impl Folder {
    /// Begins a feed for the folder `path`, which is made if it does not exist.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written, or has a feed of another name or publisher.
    pub(in crate::commands::ip::feed) fn begin(
        path: &Path,
        ids: Ids,
        publisher: &str,
        feed: &FeedName,
    ) -> Result<Self, CliError> {
        let before = events_in(path, ids, feed)?;
        let open = || {
            if !path.is_dir() {
                fs::create_dir(path)?;
            }
            let staging = tempfile::Builder::new()
                .prefix(".ipcascade-")
                .tempdir_in(path)?;
            let hashes = File::create(staging.path().join(HASHES))?;
            Ok((staging, BufWriter::new(hashes)))
        };
        let (staging, hashes) = open().map_err(|error| cannot_write(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            staging,
            ids,
            feed: feed.clone(),
            organization: Organization {
                name: publisher.to_owned(),
                uuid: ids.publisher().to_string(),
            },
            events: BTreeMap::new(),
            hashes,
            before,
        })
    }

    /// Adds an address to the event of the day on which it was last seen.
    pub(in crate::commands::ip::feed) fn add(
        &mut self,
        record: &FeedRecord,
    ) -> Result<(), CliError> {
        let added = self.add_to_event(record);
        added.map_err(|error| cannot_write(&self.path, error))
    }

    fn add_to_event(&mut self, record: &FeedRecord) -> io::Result<()> {
        let day = record.last_seen.format("%Y-%m-%d").to_string();
        let (ids, feed, staging) = (self.ids, &self.feed, self.staging.path());
        let file = self.events.entry(day).or_insert_with_key(|day| {
            let event = ids.event(feed.as_str(), day);
            EventFile::begin(event, staging.join(file_name(&event.to_string())))
        });
        file.add(record)?;
        for byte in Md5::digest(record.address.to_string()) {
            write!(self.hashes, "{byte:02x}")?;
        }
        writeln!(self.hashes, ",{}", file.event)
    }

    /// Replaces the feed: events first, then what lists them; then events that are no longer listed are removed.
    ///
    /// # Errors
    ///
    /// If anything cannot be written.
    pub(in crate::commands::ip::feed) fn finish(self) -> Result<(), CliError> {
        let path = self.path.clone();
        self.replace().map_err(|error| cannot_write(&path, error))
    }

    fn replace(self) -> io::Result<()> {
        let staging = self.staging.path();
        let mut manifest = String::from("{");
        let mut names = Vec::new();
        for (day, file) in self.events {
            let event = file.event;
            let summary = Summary::new(&self.organization, self.feed.as_str(), &day, file.changed);
            file.end(&ending(event, &summary)?)?;
            let separator = if names.is_empty() { "\n" } else { ",\n" };
            manifest.push_str(&format!("{separator}\"{event}\":{}", json_text(&summary)?));
            names.push(file_name(&event.to_string()));
        }
        manifest.push_str("\n}\n");
        let mut file = File::create(staging.join(MANIFEST))?;
        file.write_all(manifest.as_bytes())?;
        file.sync_all()?;
        let hashes = self.hashes.into_inner();
        hashes.map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let lists = [HASHES, MANIFEST].map(str::to_owned);
        for name in names.iter().chain(&lists) {
            fs::rename(staging.join(name), self.path.join(name))?;
        }
        for event in &self.before {
            let name = file_name(event);
            if !names.contains(&name) {
                remove(&self.path.join(name))?;
            }
        }
        self.staging.close()
    }
}

fn file_name(event: &str) -> String {
    format!("{event}.json")
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The events of the feed that is in the folder. Events of others are not ours to remove.
fn events_in(path: &Path, ids: Ids, feed: &FeedName) -> Result<Vec<String>, CliError> {
    let manifest = path.join(MANIFEST);
    let text = match fs::read(&manifest) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot_write(path, error)),
    };
    let listed: Option<BTreeMap<String, OldSummary>> = serde_json::from_slice(&text).ok();
    let is_ours = |(event, summary): (&String, &OldSummary)| {
        *event == ids.event(feed.as_str(), &summary.date).to_string()
    };
    match listed.filter(|events| events.iter().all(is_ours)) {
        Some(events) => Ok(events.into_keys().collect()),
        None => Err(CliError::usage(format!(
            "{} is of another feed: its events are not those of this --feed-name and --organization",
            manifest.display()
        ))
        .hint("name another folder with --output, or remove that feed")),
    }
}

/// The error for a folder that cannot be written.
pub(super) fn cannot_write(path: &Path, error: io::Error) -> CliError {
    CliError::failed(format!("cannot write the feed to {}", path.display()))
        .caused_by(error)
        .hint("what is there stays as it is; name another place with --output")
}
