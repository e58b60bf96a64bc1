//! Log messages as JSON, an object a line.

use std::error::Error;
use std::fmt;
use std::io::Write as _;

use chrono::Utc;
use ipcascade_core::clock::rfc3339;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

use crate::output::{json_text, without_passwords};

/// A layer that writes them. The library's own would not hide the passwords of URLs in what other libraries log.
pub(super) struct JsonLines<W> {
    writer: W,
}

impl<W> JsonLines<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Map::new();
        line.insert("time".to_owned(), rfc3339(Utc::now()).into());
        let level = metadata.level().as_str().to_ascii_lowercase();
        line.insert("level".to_owned(), level.into());
        line.insert("target".to_owned(), metadata.target().into());
        line.insert("message".to_owned(), Value::Null);
        event.record(&mut Fields(&mut line));
        if let Ok(text) = json_text(&Value::Object(line)) {
            // In one piece, so that lines of several processes do not mix; a log that cannot be written stops nothing.
            drop(
                self.writer
                    .make_writer()
                    .write_all((text + "\n").as_bytes()),
            );
        }
    }
}

/// The fields of an event.
struct Fields<'l>(&'l mut Map<String, Value>);

impl Fields<'_> {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        match field.name() {
            // Where a library of another kind was built.
            name if name.starts_with("log.") => {}
            // What a line has of its own.
            name @ ("time" | "level" | "target") => {
                self.0.insert(format!("{name}_"), value.into());
            }
            name => {
                self.0.insert(name.to_owned(), value.into());
            }
        }
    }

    fn add_text(&mut self, field: &Field, text: &str) {
        self.add(field, &*without_passwords(text));
    }
}

impl Visit for Fields<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add_text(field, &value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, &format!("{value:?}"));
    }
}
