//! What is looked up again, and what has become of it.

use std::time::Duration;

use clap::Args;
use ipcascade_core::cascade::{Cascade, Renew};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::pipeline::RunReport;
use ipcascade_core::setting_duration::SettingDuration;
use ipcascade_core::store::{DueQuery, DueSection};

use crate::app::Effort;
use crate::commands::failures;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::words::{addresses, new_asns, number};

/// A second to a year.
type LeaseLength = SettingDuration<1000, 31_536_000_000>;

/// How work is shared.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LeaseArgs {
    /// The lease: how long addresses that this process has claimed are reserved for it (10m, 2h). If it is killed, other
    /// processes take them over after that
    #[arg(long = "lease", value_name = "TIME", default_value = "10m")]
    length: LeaseLength,
}

impl LeaseArgs {
    pub(super) fn length(self) -> Duration {
        self.length.get()
    }
}

/// What to look up again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefreshWork {
    /// Only addresses without an origin AS.
    pub(crate) unattributed_only: bool,
    /// At most this many.
    pub(crate) limit: Option<u64>,
    /// Which sections are looked up again.
    pub(crate) renew: Renew,
    /// How it is shared with other processes.
    pub(crate) lease: LeaseArgs,
}

impl RefreshWork {
    pub(super) fn query<'a>(
        &self,
        cascade: &Cascade,
        sections: &'a [DueSection],
        now: Timestamp,
    ) -> DueQuery<'a> {
        let mut steps = cascade.steps().iter();
        DueQuery {
            sections,
            unattributed_only: self.unattributed_only,
            now,
            scarce: steps.any(|step| step.provider.capabilities().scarce),
        }
    }
}

/// The result.
#[derive(Debug)]
pub(crate) struct Refreshed {
    pub(crate) report: RunReport,
    /// Addresses that are due and that others hold, if this process got none.
    pub(super) held_by_others: u64,
    pub(super) effort: Effort,
    pub(super) seconds: f64,
    pub(super) interrupted: bool,
}

impl Refreshed {
    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!(self.report);
        json["online"] = serde_json::json!(self.effort);
        json
    }

    /// Prints it for people, on standard error.
    pub(crate) fn report(&self, output: &Output) {
        let written = &self.report.written;
        output.notice(&format!(
            "{} looked up again, {} moved between ASNs, {}, in {:.1} s",
            addresses(self.report.addresses),
            number(written.addresses_moved),
            new_asns(written.asns_new),
            self.seconds,
        ));
        for tally in &self.report.providers {
            output.notice(&format!(
                "  {}: {} asked, {} found, {} not found, {} failed, {} deferred",
                tally.provider,
                number(tally.asked),
                number(tally.found),
                number(tally.not_found),
                number(tally.failed),
                number(tally.deferred),
            ));
        }
        if self.held_by_others > 0 {
            output.notice(&format!(
                "{} due and held by other processes; what they do not finish is free when their \
                 leases end",
                addresses(self.held_by_others)
            ));
        }
        self.warn(output);
        self.effort.report(output);
        if self.interrupted {
            output.notice("interrupted; run the same command again to go on");
        }
    }

    pub(super) fn warn(&self, output: &Output) {
        for tally in &self.report.providers {
            failures::warn(tally, output);
        }
        failures::warn_of_values(&self.report.written, output);
    }

    pub(crate) fn exit(&self) -> Exit {
        match () {
            () if self.interrupted => Exit::Interrupted,
            () if self.report.has_failures() => Exit::Failed,
            () => Exit::Done,
        }
    }
}
