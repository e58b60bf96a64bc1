//! The summary of a run, for people and for programs.

use std::io;
use std::sync::Arc;

use ipcascade_core::cascade::ProviderTally;
use ipcascade_core::pipeline::RunReport;
use ipcascade_input::Tally;
use serde_json::{Value, json};

use crate::app::Effort;
use crate::commands::enrich::tallies::{Tallies, what_was_read};
use crate::commands::failures;
use crate::output::words::{addresses, count, number, sessions};
use crate::output::{Output, OutputFormat};

/// The summary of a run.
#[derive(Debug)]
pub(super) struct EnrichSummary {
    pub(super) inputs: Tallies,
    pub(super) events_without_address: u64,
    pub(super) failed_inputs: Vec<Arc<str>>,
    pub(super) sessions: u64,
    pub(super) run: RunReport,
    pub(super) effort: Effort,
    pub(super) store: String,
    pub(super) seconds: f64,
    pub(super) interrupted: bool,
    /// Whether records that are left out are a failure.
    pub(super) is_strict: bool,
}

impl EnrichSummary {
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
        let total = self.inputs.total();
        json!({
            "inputs": self.inputs.to_json(),
            "records": total.records,
            "left_out": total.left_out,
            "without_time": total.untimed,
            "excluded_addresses": total.excluded,
            "events_without_address": self.events_without_address,
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

    /// Writes it: JSON to standard output, or words to standard error.
    pub(super) fn write(&self, format: Option<OutputFormat>, output: &Output) -> io::Result<()> {
        match format {
            Some(format @ (OutputFormat::Json | OutputFormat::Ndjson)) => {
                output.json(&self.to_json(), format)?;
                self.warn(output);
            }
            _ => self.report(output),
        }
        Ok(())
    }

    fn report(&self, output: &Output) {
        let written = &self.run.written;
        let inputs = self.inputs.inputs().len() as u64;
        let inputs = count(inputs, "input", "inputs");
        let read = what_was_read(&self.inputs.total());
        let mut lines = vec![("read", format!("{inputs}, {read}"))];
        lines.extend(self.inputs.lines().into_iter().map(|line| ("", line)));
        lines.extend([
            (
                "addresses",
                format!(
                    "{} seen: {} new, {} already fresh, {}",
                    number(self.run.addresses),
                    number(written.addresses_new),
                    number(self.run.fresh),
                    count(self.run.bogons, "bogon", "bogons"),
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
        ]);
        if self.interrupted {
            lines.push((
                "interrupted",
                "run the same command again to go on".to_owned(),
            ));
        }
        for (title, text) in lines {
            output.notice(&format!("{title:<10}  {text}"));
        }
        report_providers(&self.run.providers, output);
        self.effort.report(output);
        self.warn(output);
        if self.run.addresses > 0 {
            output.next_step("`ipcascade report` shows what is in the inventory now (with the same --db and --config)");
        }
    }

    /// Warns of problems, whatever the format of the summary.
    pub(super) fn warn(&self, output: &Output) {
        let total = self.inputs.total();
        warn_of(&total, self.is_strict, output);
        for note in self.inputs.notes() {
            output.warning(&note);
        }
        if self.events_without_address > 0 {
            output.warning(&format!(
                "{} of sessions whose address is not known yet; they count once it is",
                count(self.events_without_address, "event", "events"),
            ));
        }
        for tally in &self.run.providers {
            failures::warn(tally, output);
        }
        failures::warn_of_values(&self.run.written, output);
        if self.interrupted && self.sessions > 0 {
            output.detail(&format!(
                "{} were read before the interruption",
                sessions(self.sessions)
            ));
        }
    }
}

/// Warns of records that were left out or have no time, and of what was not accepted as an address.
fn warn_of(total: &Tally, is_strict: bool, output: &Output) {
    if total.left_out > 0 {
        let records = count(total.left_out, "record", "records");
        report_left_out(
            &format!("{records} left out: not readable, or without an address"),
            is_strict,
            output,
        );
    }
    warn_of_skipped(total, output);
}

/// Reports records that are left out: with `--strict`, as a failure.
pub(super) fn report_left_out(text: &str, is_strict: bool, output: &Output) {
    match is_strict {
        true => output.failure(text),
        false => output.warning(text),
    }
}

/// Warns of what was not accepted as an address.
pub(super) fn warn_of_skipped(total: &Tally, output: &Output) {
    let skipped: Vec<String> = total
        .skipped
        .counts()
        .map(|(skip, n)| format!("{} {}", number(n), skip.reason()))
        .collect();
    if !skipped.is_empty() {
        output.detail(&format!("not taken for addresses: {}", skipped.join("; ")));
        for (skip, text) in total.skipped.examples() {
            output.detail(&format!("  {text} ({})", skip.reason()));
        }
    }
}

/// One line for each provider, under a heading.
fn report_providers(providers: &[ProviderTally], output: &Output) {
    let columns = [
        "asked",
        "found",
        "not found",
        "failed",
        "deferred",
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
            tally.failed,
            tally.deferred,
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
