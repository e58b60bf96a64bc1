//! The file of an event, as its addresses come.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use uuid::Uuid;

use crate::commands::ip::feed::feed_record::FeedRecord;
use crate::commands::ip::feed::misp::event::{BEGINNING, BETWEEN, attribute};

/// How much of it is in memory: addresses of all days come mixed.
const BUFFERED: usize = 32 * 1024;

/// The file of an event. It is open only while it is written, since there may be more days than open files are allowed.
pub(super) struct EventFile {
    pub(super) event: Uuid,
    path: PathBuf,
    buffer: Vec<u8>,
    /// When the last of its addresses changed.
    pub(super) changed: i64,
}

impl EventFile {
    /// Begins the file of `event` at `path`.
    pub(super) fn begin(event: Uuid, path: PathBuf) -> Self {
        Self {
            event,
            path,
            buffer: BEGINNING.into(),
            changed: i64::MIN,
        }
    }

    /// Adds an address.
    pub(super) fn add(&mut self, record: &FeedRecord) -> io::Result<()> {
        if self.changed != i64::MIN {
            self.buffer.extend_from_slice(BETWEEN.as_bytes());
        }
        self.changed = self.changed.max(record.changed.timestamp());
        let text = attribute(self.event, record)?;
        self.buffer.extend_from_slice(text.as_bytes());
        match self.buffer.len() < BUFFERED {
            true => Ok(()),
            false => self.write().map(drop),
        }
    }

    /// Ends it.
    pub(super) fn end(mut self, ending: &str) -> io::Result<()> {
        self.buffer.extend_from_slice(ending.as_bytes());
        self.write()?.sync_all()
    }

    fn write(&mut self) -> io::Result<File> {
        let mut file = File::options().append(true).create(true).open(&self.path)?;
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(file)
    }
}
