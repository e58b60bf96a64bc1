//! What a run has done, for people and for programs.

use std::sync::Arc;

use ipcascade_core::{ProviderTally, RunReport};
use serde_json::{Value, json};

use crate::app::Effort;
use crate::commands::failures;
use crate::output::Output;
use crate::output::words::{addresses, count, number, sessions};

/// What a run has done.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) inputs: u64,
    pub(super) records: u64,
    pub(super) unreadable: u64,
    pub(super) failed_inputs: Vec<Arc<str>>,
    pub(super) sessions: u64,
    pub(super) run: RunReport,
    pub(super) effort: Effort,
    pub(super) store: String,
    pub(super) seconds: f64,
    pub(super) interrupted: bool,
}

impl Summary {
    /// Addresses per second, for people: a whole number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rounded rate"
    )]
    fn rate(&self) -> u64 {
        (self.run.addresses as f64 / self.seconds.max(0.001)) as u64
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "inputs": self.inputs,
            "records": self.records,
            "unreadable": self.unreadable,
            "failed_inputs": self.failed_inputs,
            "sessions": self.sessions,
            "addresses": self.run.addresses,
            "fresh": self.run.fresh,
            "bogons": self.run.bogons,
            "providers": self.run.providers,
            "online": self.effort,
            "written": self.run.written,
            "store": self.store,
            "seconds": self.seconds,
            "addresses_per_second": self.rate(),
            "interrupted": self.interrupted,
        })
    }

    /// Tells people, on standard error.
    pub(super) fn tell(&self, output: &Output) {
        let written = &self.run.written;
        let records = count(self.records, "record", "records");
        let inputs = count(self.inputs, "input", "inputs");
        let mut lines = vec![
            (
                "read",
                format!(
                    "{records} from {inputs}, {} unreadable",
                    number(self.unreadable)
                ),
            ),
            (
                "addresses",
                format!(
                    "{} seen: {} new, {} already fresh, {} bogon",
                    number(self.run.addresses),
                    number(written.addresses_new),
                    number(self.run.fresh),
                    number(self.run.bogons),
                ),
            ),
            (
                "sessions",
                format!(
                    "{} new, {} updated",
                    number(written.sessions_new),
                    number(written.sessions_updated),
                ),
            ),
            (
                "ASNs",
                format!(
                    "{} new, {} updated; {} moved between ASNs",
                    number(written.asns_new),
                    number(written.asns_updated),
                    addresses(written.addresses_moved),
                ),
            ),
            ("store", self.store.clone()),
            (
                "time",
                format!("{:.1} s, {} addresses/s", self.seconds, number(self.rate())),
            ),
        ];
        if self.interrupted {
            lines.push((
                "interrupted",
                "run the same command again to go on".to_owned(),
            ));
        }
        for (title, text) in lines {
            output.notice(&format!("{title:<10}  {text}"));
        }
        tell_providers(&self.run.providers, output);
        self.effort.tell(output);
        self.warn(output);
    }

    /// Warns of what went wrong, whatever form the summary has.
    pub(super) fn warn(&self, output: &Output) {
        if self.unreadable > 0 {
            output.warning(&format!(
                "{} could not be read and {} left out",
                count(self.unreadable, "record", "records"),
                if self.unreadable == 1 { "was" } else { "were" },
            ));
        }
        for input in &self.failed_inputs {
            output.warning(&format!("input not read to its end: {input}"));
        }
        for tally in &self.run.providers {
            failures::warn(tally, output);
        }
        if self.interrupted && self.sessions > 0 {
            output.detail(&format!(
                "{} were read before the interruption",
                sessions(self.sessions)
            ));
        }
    }
}

/// One line for each provider, under a heading.
fn tell_providers(providers: &[ProviderTally], output: &Output) {
    let columns = [
        "asked",
        "found",
        "not found",
        "failed",
        "saved by freshness",
        "not needed",
    ];
    let heading: Vec<String> = columns.iter().map(|title| format!("{title:>9}")).collect();
    output.notice(&format!("{:<10}  {}", "provider", heading.join("  ")));
    for tally in providers {
        let counts = [
            tally.asked,
            tally.found,
            tally.not_found,
            tally.failed + tally.deferred,
            tally.fresh,
            tally.not_needed,
        ];
        let cells: Vec<String> = counts
            .iter()
            .zip(columns)
            .map(|(n, title)| format!("{:>width$}", number(*n), width = title.len().max(9)))
            .collect();
        output.notice(&format!("{:<10}  {}", tally.provider, cells.join("  ")));
    }
}
