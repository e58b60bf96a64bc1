//! Counts what was read, input by input.

use std::sync::Arc;

use ipcascade_input::{InputFormat, RecordForm, Tally};
use serde_json::{Value, json};

use crate::output::words::{count, number};

/// The counts of an input.
#[derive(Clone, Debug)]
pub(super) struct InputTally {
    input: Arc<str>,
    form: Arc<RecordForm>,
    tally: Tally,
}

impl InputTally {
    /// The name of the input.
    pub(super) const fn name(&self) -> &Arc<str> {
        &self.input
    }

    /// Why an input with content counts as failed: nothing of it could be read, at first for the reason `first`.
    pub(super) fn failure(&self, first: Option<&str>) -> Option<String> {
        let Tally {
            records,
            left_out,
            passed_over,
            ..
        } = self.tally;
        let lines = count(left_out + passed_over, "line", "lines");
        let because = first
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let without = match (self.form.format(), self.fields().as_slice()) {
            (InputFormat::Text, _) => {
                format!("no address in {lines} of text; --format-in names another format")
            }
            (format, []) => format!(
                "read as {format}, none of its {lines} could be read{because}; --format-in names another format"
            ),
            (_, fields) => {
                format!(
                    "none of its {lines} has an address in {}",
                    fields.join(" or ")
                )
            }
        };
        (records == 0 && left_out + passed_over > 0).then(|| format!("{}: {without}", self.input))
    }

    /// The requested fields, for people.
    fn fields(&self) -> Vec<String> {
        let is_json = matches!(
            self.form.format(),
            InputFormat::Ndjson | InputFormat::Cowrie
        );
        let names = self.form.address_names().into_iter();
        names
            .filter(|_| is_json)
            .map(|name| format!("`{name}`"))
            .collect()
    }

    /// Decisions between alternatives, and requested fields that do not exist.
    fn notes(&self) -> impl Iterator<Item = String> {
        let has_records = self.tally.records > 0;
        let fields = self.fields().into_iter().enumerate();
        let missing = fields.filter(move |(place, _)| has_records && !self.tally.has_field(*place));
        let missing = missing.map(|(_, name)| format!("no record has an address in {name}"));
        let times = self.form.time_names().join(", ");
        let format = self.form.format();
        let time = match format {
            _ if times.is_empty() || !has_records => None,
            InputFormat::List | InputFormat::Text => Some(format!(
                "--time-field is for JSON and CSV, and this is {format}"
            )),
            _ => (self.tally.untimed == self.tally.records)
                .then(|| format!("no record has a time in `{times}`")),
        };
        let choice = self.form.choice().map(str::to_owned);
        choice.into_iter().chain(missing).chain(time)
    }

    fn to_json(&self) -> Value {
        let mut skipped = serde_json::Map::new();
        for (skip, number) in self.tally.skipped.counts() {
            skipped.insert(skip.name().to_owned(), number.into());
        }
        json!({
            "input": self.input,
            "format": self.form.format().to_string(),
            "records": self.tally.records,
            "left_out": self.tally.left_out,
            "without_time": self.tally.untimed,
            "excluded_addresses": self.tally.excluded,
            "not_taken_for_addresses": skipped,
        })
    }
}

/// The counts of all inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    inputs: Vec<InputTally>,
}

/// How many inputs are shown one by one.
const MOST_SHOWN: usize = 10;

impl Tallies {
    /// Adds the counts of an input, the previous or the next one.
    pub(super) fn add(&mut self, form: &Arc<RecordForm>, tally: Tally) {
        let last = self.inputs.last();
        if !last.is_some_and(|last| Arc::ptr_eq(&last.form, form)) {
            self.inputs.push(InputTally {
                input: Arc::clone(form.input()),
                form: Arc::clone(form),
                tally: Tally::default(),
            });
        }
        if let Some(last) = self.inputs.last_mut() {
            last.tally.add(tally);
        }
    }

    /// One by one.
    pub(super) fn inputs(&self) -> &[InputTally] {
        &self.inputs
    }

    /// Notes about inputs, for people.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        self.inputs.iter().flat_map(|input| {
            let notes = input.notes();
            notes.map(|note| format!("{}: {note}", input.input))
        })
    }

    /// The total.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.inputs
            .iter()
            .for_each(|input| total.add(input.tally.clone()));
        total
    }

    pub(super) fn to_json(&self) -> Vec<Value> {
        self.inputs.iter().map(InputTally::to_json).collect()
    }

    /// One line for each input for people, unless there are too many.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .inputs
            .iter()
            .take(MOST_SHOWN)
            .map(|input| {
                format!(
                    "{}: {}, {}",
                    input.input,
                    input.form.format(),
                    what_was_read(&input.tally)
                )
            })
            .collect();
        if self.inputs.len() > MOST_SHOWN {
            lines.push(format!(
                "and {} more inputs",
                number((self.inputs.len() - MOST_SHOWN) as u64)
            ));
        }
        lines
    }
}

/// The counts, for people.
pub(super) fn what_was_read(tally: &Tally) -> String {
    let mut text = count(tally.records, "record", "records");
    for (n, what) in [
        (tally.left_out, "left out"),
        (tally.untimed, "without a time"),
        (tally.excluded, "excluded"),
    ] {
        if n > 0 {
            text.push_str(&format!(", {} {what}", number(n)));
        }
    }
    text
}
