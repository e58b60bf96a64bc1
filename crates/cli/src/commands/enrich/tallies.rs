//! What was read, input by input.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::input::{Form, InputFormat, Tally};
use crate::output::words::{count, number};

/// What was read of an input.
#[derive(Clone, Debug)]
pub(super) struct InputTally {
    pub(super) input: Arc<str>,
    pub(super) format: InputFormat,
    /// What was decided that could have been decided otherwise.
    pub(super) choice: Option<String>,
    pub(super) tally: Tally,
}

impl InputTally {
    /// Why an input in which there was something counts as failed: nothing of it could be read.
    pub(super) fn failure(&self) -> Option<String> {
        let Tally {
            records,
            left_out,
            passed_over,
            ..
        } = self.tally;
        let lines = count(left_out + passed_over, "line", "lines");
        let without = match self.format {
            InputFormat::Text => format!("no address in {lines} of text"),
            format => format!("read as {format}, none of its {lines} could be read"),
        };
        (records == 0 && left_out + passed_over > 0).then(|| {
            format!(
                "{}: {without}; --format-in names another format",
                self.input
            )
        })
    }

    fn to_json(&self) -> Value {
        let mut skipped = serde_json::Map::new();
        for (skip, number) in self.tally.skipped.counts() {
            skipped.insert(skip.name().to_owned(), number.into());
        }
        json!({
            "input": self.input,
            "format": self.format.to_string(),
            "records": self.tally.records,
            "left_out": self.tally.left_out,
            "without_time": self.tally.untimed,
            "excluded_addresses": self.tally.excluded,
            "not_taken_for_addresses": skipped,
        })
    }
}

/// What was read of all inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    inputs: Vec<InputTally>,
    form: Option<Arc<Form>>,
}

/// Inputs that are shown one by one.
const MOST_SHOWN: usize = 10;

impl Tallies {
    /// Adds what was read of an input, that of before or the next one.
    pub(super) fn add(&mut self, form: &Arc<Form>, tally: Tally) {
        let is_next = !self.form.as_ref().is_some_and(|of| Arc::ptr_eq(of, form));
        if is_next {
            self.form = Some(Arc::clone(form));
            self.inputs.push(InputTally {
                input: Arc::clone(form.input()),
                format: form.format(),
                choice: form.choice().map(str::to_owned),
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

    /// What was decided of inputs that could have been decided otherwise, for people.
    pub(super) fn choices(&self) -> impl Iterator<Item = String> {
        self.inputs.iter().filter_map(|input| {
            let choice = input.choice.as_ref()?;
            Some(format!("{}: {choice}", input.input))
        })
    }

    /// All together.
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

    /// One line for each input for people, as far as they are not too many.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .inputs
            .iter()
            .take(MOST_SHOWN)
            .map(|input| {
                format!(
                    "{}: {}, {}",
                    input.input,
                    input.format,
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

/// What was read, for people.
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
