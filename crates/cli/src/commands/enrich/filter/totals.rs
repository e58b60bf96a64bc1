//! What has been written, and what went wrong.

use ipcascade_core::cascade::Cascade;
use ipcascade_core::pipeline::RunReport;
use ipcascade_input::InputError;

use crate::commands::enrich::filter::chosen_fields;
use crate::commands::enrich::filter::ordered_writer::OrderedWriter;
use crate::commands::enrich::filter::record_lines::Unwritten;
use crate::commands::enrich::filter::rendered_block::{Rendered, RenderedBlock};
use crate::commands::enrich::filter::style::Style;
use crate::commands::enrich::problems::Problems;
use crate::commands::enrich::summary::{report_left_out, warn_of_skipped};
use crate::commands::enrich::tallies::Tallies;
use crate::commands::failures;
use crate::exit::Exit;
use crate::output::words::{addresses, count};
use crate::output::{Output, Progress};
use crate::report::CliError;

/// What has been written, and what went wrong.
pub(super) struct FilterTotals {
    pub(super) problems: Problems,
    pub(super) tallies: Tallies,
    pub(super) report: RunReport,
    unwritten: Unwritten,
    /// Lines that are not records, and not in the output.
    dropped: u64,
    /// Whether any record can have the chosen fields.
    has_fields: bool,
    /// Whether the output ends before the inputs do.
    pub(super) is_cut: bool,
    /// Whether records that are left out are a failure.
    is_strict: bool,
}

impl FilterTotals {
    pub(super) fn new(report: RunReport, problems: Problems, is_strict: bool) -> Self {
        Self {
            problems,
            tallies: Tallies::default(),
            report,
            unwritten: Unwritten::default(),
            dropped: 0,
            has_fields: false,
            is_cut: false,
            is_strict,
        }
    }

    /// Writes a group of blocks, up to the first that is cut: a printed record is complete, and the output ends where
    /// records are not.
    pub(super) fn write(
        &mut self,
        group: Vec<Result<RenderedBlock, InputError>>,
        writer: &mut OrderedWriter<'_>,
        output: &Output,
        progress: &Progress,
    ) -> Result<(), CliError> {
        for event in group {
            if self.is_cut {
                break;
            }
            match event {
                Ok(done) => {
                    self.is_cut = done.is_cut;
                    for problem in &done.problems {
                        self.problems.record(problem, output, progress);
                    }
                    self.has_fields |=
                        matches!(done.rendered, Rendered::Lines(_)) && done.unwritten.records == 0;
                    self.unwritten.add(done.unwritten);
                    self.dropped += done.dropped;
                    self.tallies.add(&done.form, done.tally.clone());
                    writer.write(done)?;
                }
                Err(error) => self.problems.failed(&error, output, progress),
            }
        }
        Ok(())
    }

    pub(super) fn warn(&self, style: &Style, cascade: &Cascade, output: &Output) {
        for note in self.tallies.notes() {
            output.warning(&note);
        }
        if let Some(never) = chosen_fields::never_found(&style.fields, cascade)
            && self.has_fields
            && self.report.addresses > 0
        {
            output.warning(&never);
        }
        if self.is_cut {
            output.notice("interrupted: the output ends with the last record that was looked up");
        }
        self.warn_of_records(style, output);
        for tally in &self.report.providers {
            failures::warn(tally, output);
        }
        let looked_up = addresses(self.report.addresses);
        output.detail(&format!("{looked_up} looked up"));
    }

    /// Warns of records to which nothing was added.
    fn warn_of_records(&self, style: &Style, output: &Output) {
        let (total, left) = (self.tallies.total(), self.unwritten.records);
        let unchanged = total.left_out.saturating_sub(self.dropped);
        if unchanged > 0 {
            let records = count(unchanged, "record", "records");
            let text = format!("nothing added to {records} without an address");
            report_left_out(&text, self.is_strict, output);
        }
        if self.dropped > 0 {
            let lines = count(self.dropped, "line", "lines");
            let text = format!("{lines} not readable, and not in the output");
            report_left_out(&text, self.is_strict, output);
        }
        warn_of_skipped(&total, output);
        if self.unwritten.addresses > 0 {
            let others = addresses(self.unwritten.addresses);
            output.warning(&format!(
                "what was found for {others} is not in the output: a row has cells for the first address of each column (--format ndjson has all)"
            ));
        }
        if left > 0 {
            output.warning(&format!(
                "{} had {} already and {} left as {} (--key NAME puts what was found elsewhere, --replace in its place)",
                count(left, "record", "records"),
                style.key.shown(),
                if left == 1 { "was" } else { "were" },
                if left == 1 { "it was" } else { "they were" },
            ));
        }
    }

    /// How a run ends that was not interrupted.
    pub(super) fn exit(&self) -> Exit {
        let is_imperfect = !self.problems.failed_inputs.is_empty()
            || self.report.has_failures()
            || (self.is_strict && self.tallies.total().left_out > 0);
        match is_imperfect {
            true => Exit::Failed,
            false => Exit::Done,
        }
    }
}
