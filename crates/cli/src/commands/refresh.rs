//! `ipcascade refresh`: looks up again what is stale, missing or failed. Any number of processes on one store share the
//! work.

mod rounds;

use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use ipcascade_core::cascade::{Cascade, Renew, Step};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::pipeline::RunReport;
use ipcascade_core::store::{DueQuery, DueSection, GivenBy, OpenMode, WhenMissing};

pub(crate) use self::rounds::run;
use super::failures;
use crate::app::{App, CascadePlan, Effort};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::words::{addresses, new_asns, number};
use crate::output::{Output, OutputFormat};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade refresh --dry-run                   how much is due
  ipcascade refresh --provider cymru --limit 10000
  ipcascade refresh --max-age 30d               whatever is older than 30 days";

/// Look up again what is stale, missing or failed
///
/// Oldest first, or most sessions first where a provider has a quota; an old section stays until a
/// newer one replaces it. Several processes, also on several machines, may do this on one store at the
/// same time and share the work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RefreshArgs {
    /// Only sections of this provider (repeatable)
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// At most this many addresses
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Take sections older than this for stale: 12h, 30d
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<TimeDelta>,
    #[command(flatten)]
    lease: LeaseArgs,
    /// Only say how many addresses are due
    #[arg(long)]
    dry_run: bool,
    /// `json` writes the summary to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = super::show::format())]
    format: OutputFormat,
}

/// How work is shared.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LeaseArgs {
    /// How long no other process gets what this one has claimed: 10m, 2h. One that is killed
    /// leaves its addresses to the others after this time
    #[arg(long = "lease", value_name = "TIME", default_value = "10m", value_parser = age)]
    length: TimeDelta,
}

impl LeaseArgs {
    fn length(self) -> Duration {
        self.length.to_std().unwrap_or_default()
    }
}

/// Reads an age such as `90m`, `12h`, `30d` or `2w`.
fn age(text: &str) -> Result<TimeDelta, String> {
    let error = || "expected a number with m, h, d or w, such as 30d".to_owned();
    let (digits, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let n: i64 = digits.parse().map_err(|_| error())?;
    let age = match unit {
        "m" => TimeDelta::try_minutes(n),
        "h" => TimeDelta::try_hours(n),
        "d" => TimeDelta::try_days(n),
        "w" => TimeDelta::try_weeks(n),
        _ => None,
    };
    age.filter(|age| *age > TimeDelta::zero()).ok_or_else(error)
}

impl RefreshArgs {
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let plan = app.cascade()?;
        let plan = CascadePlan {
            cascade: self.selected(&plan)?,
            ..plan
        };
        let mode = match self.dry_run {
            true => OpenMode::Read,
            false => OpenMode::Update,
        };
        let store = app.open_store(mode).await?;
        if let Err(error) = plan.check_not_empty() {
            store.close().await;
            return Err(error);
        }
        let work = RefreshWork {
            unattributed_only: false,
            limit: self.limit,
            renew: self.max_age.map_or(Renew::Stale, Renew::OlderThan),
            lease: self.lease,
        };
        if self.dry_run {
            let sections = due_sections(&plan.cascade, work.renew);
            let due = store
                .count_due(&work.query(&plan.cascade, &sections, app.now()))
                .await?;
            match self.format {
                OutputFormat::Table => app.output().line(&format!("{} due", addresses(due)))?,
                format => app
                    .output()
                    .json(&serde_json::json!({"due": due}), format)?,
            }
            store.close().await;
            return Ok(Exit::Done);
        }
        app.output().notice(&plan.announcement());
        let interrupt = Interrupt::listen(app.output());
        let done = run(app, &store, &plan.cascade, &work, &interrupt).await;
        let is_in_place = store.check_place().await;
        store.close().await;
        let done = done?;
        is_in_place?;
        match self.format {
            OutputFormat::Table => done.tell(app.output()),
            format => {
                app.output().json(&done.to_json(), format)?;
                done.warn(app.output());
            }
        }
        Ok(done.exit())
    }

    /// The cascade with the steps that the user selected; all of them if none is named.
    fn selected(&self, plan: &CascadePlan) -> Result<Cascade, CliError> {
        let cascade = &plan.cascade;
        for name in &self.provider {
            let is_there = |step: &Step| step.provider.capabilities().name.as_str() == name;
            if !cascade.steps().iter().any(is_there) {
                let names: Vec<&str> = cascade
                    .steps()
                    .iter()
                    .map(|s| s.provider.capabilities().name.as_str())
                    .collect();
                let left_out = plan
                    .left_out
                    .iter()
                    .find(|left| left.provider.as_str() == name);
                let reason = left_out
                    .map(|left| format!(": {}", left.reason))
                    .unwrap_or_default();
                return Err(CliError::usage(format!(
                    "the cascade has no usable provider `{name}`{reason}"
                ))
                .hint(format!("it has: {}", names.join(", "))));
            }
        }
        let is_wanted = |step: &&Step| {
            let name = step.provider.capabilities().name;
            self.provider.is_empty() || self.provider.iter().any(|wanted| wanted == name.as_str())
        };
        let steps = cascade.steps().iter().filter(is_wanted).cloned().collect();
        Ok(Cascade::new(steps, cascade.policy().clone()))
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
    fn query<'a>(
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
    held_by_others: u64,
    effort: Effort,
    seconds: f64,
    interrupted: bool,
}

impl Refreshed {
    fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!(self.report);
        json["online"] = serde_json::json!(self.effort);
        json
    }

    /// Prints it for people, on standard error.
    pub(crate) fn tell(&self, output: &Output) {
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
        self.effort.tell(output);
        if self.interrupted {
            output.notice("interrupted; run the same command again to go on");
        }
    }

    fn warn(&self, output: &Output) {
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

/// When the sections of each step are due.
fn due_sections(cascade: &Cascade, renew: Renew) -> Vec<DueSection> {
    let asn_sources: Vec<GivenBy> = cascade
        .policy()
        .candidates(Field::ASN)
        .map(|(provider, key)| GivenBy { provider, key })
        .collect();
    let section = |step: &Step| {
        let capabilities = step.provider.capabilities();
        DueSection {
            provider: capabilities.name,
            freshness: step.freshness_to(renew),
            families: capabilities.families,
            when_missing: match step.if_missing.as_slice() {
                [] => WhenMissing::Due,
                [Field::ASN] => WhenMissing::DueIfUnattributed,
                _ => WhenMissing::NotDue,
            },
            given_by: asn_sources
                .iter()
                .copied()
                .filter(|source| source.provider != capabilities.name)
                .collect(),
        }
    };
    cascade.steps().iter().map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_need_a_unit_and_are_positive() {
        assert_eq!(age("30d"), Ok(TimeDelta::days(30)));
        for text in ["", "d", "30", "-3d", "0h", "3é", "99999999999999999999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
