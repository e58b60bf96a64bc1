//! `ipcascade refresh`: looks up again what is stale, missing or failed. Any number of processes on one store share the
//! work.

use clap::Args;
use ipcascade_core::cascade::{Cascade, Renew, Step};
use ipcascade_core::registry::Registry;
use ipcascade_core::setting_duration::Ttl;
use ipcascade_core::store::OpenMode;

use crate::app::{App, CascadePlan};
use crate::commands::refresh::claim_rounds::run;
use crate::commands::refresh::work::{LeaseArgs, RefreshWork};
use crate::commands::values;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::OutputFormat;
use crate::output::words::addresses;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade refresh --dry-run                   how many addresses are due
  ipcascade refresh --provider cymru --limit 10000
  ipcascade refresh --max-age 30d               also what is older than 30 days";

/// Look up stale, missing and failed answers again
///
/// Such answers are due. The oldest come first, or the addresses with the most sessions where a provider has a quota; an
/// old answer is kept until a newer one replaces it. Several processes, even on different machines, can refresh the same
/// inventory at once and share the work.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RefreshArgs {
    /// Ask only this provider of the cascade (repeatable; default: all of them)
    #[arg(long, value_name = "NAME")]
    provider: Vec<String>,
    /// Look up at most this many addresses (default: all that are due)
    #[arg(long, value_name = "N", value_parser = values::count)]
    limit: Option<u64>,
    /// Treat answers older than this as stale (12h, 30d; default: what each provider has as its TTL)
    #[arg(long, value_name = "AGE")]
    max_age: Option<Ttl>,
    #[command(flatten)]
    lease: LeaseArgs,
    /// Only report how many addresses are due
    #[arg(long)]
    dry_run: bool,
    /// `json` writes the summary to standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
}

impl RefreshArgs {
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let plan = app.cascade()?;
        let plan = CascadePlan {
            cascade: self.selected(&plan, app.registry())?,
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
            renew: self
                .max_age
                .map_or(Renew::Stale, |age| Renew::OlderThan(age.as_time_delta())),
            lease: self.lease,
        };
        if self.dry_run {
            let sections = plan.cascade.due_sections(work.renew);
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
            OutputFormat::Table => done.report(app.output()),
            format => {
                app.output().json(&done.to_json(), format)?;
                done.warn(app.output());
            }
        }
        Ok(done.exit())
    }

    /// The cascade with the steps that the user selected; all of them if none is named.
    fn selected(&self, plan: &CascadePlan, registry: &Registry) -> Result<Cascade, CliError> {
        let cascade = &plan.cascade;
        for name in &self.provider {
            registry.provider(name)?;
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
                .hint(match names.is_empty() {
                    true => format!("`ipcascade providers show {name}` prints what it needs"),
                    false => format!("it has: {}", names.join(", ")),
                }));
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
