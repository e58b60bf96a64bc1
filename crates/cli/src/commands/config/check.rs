//! `ipcascade config check`: opens and asks everything that is configured.

use std::net::Ipv4Addr;
use std::sync::Arc;

use clap::Args;
use ipcascade_core::address::Address;
use ipcascade_core::cascade::Step;
use ipcascade_core::lookup::Outcome;
use ipcascade_core::provider::Provider;
use ipcascade_core::store::{MigrateOptions, OpenMode, Store};

use crate::app::{App, ProviderStatus};
use crate::config::Reach;
use crate::exit::Exit;
use crate::output::words;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade config check             the settings, the data files and the store
  ipcascade --online config check    also ask each online provider of the cascade
  ipcascade -q config check          print what is wrong and nothing else, as in a cron job";

/// The address that online providers are asked about: a public resolver, which all of them know.
const ASKED: Ipv4Addr = Ipv4Addr::new(9, 9, 9, 9);

/// Check all values, open every data file and connect to the store; exit 2 if anything is wrong
///
/// Nothing is changed; SQLite may make the two files beside a database that it needs for reading. With --online each
/// online provider of the cascade is asked about 9.9.9.9, once.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckCommand {}

pub(super) async fn check(_args: &CheckCommand, app: &App<'_>) -> CommandResult {
    let mut findings = Findings { app, wrong: 0 };
    let file = app.config().location().file();
    let file = file.map_or_else(
        || "none; every value is a default, a flag or from the environment".to_owned(),
        |file| file.display().to_string(),
    );
    findings.sound("file", &file)?;
    let store = check_store(&mut findings).await?;
    if let Err(error) = app.config().excluded_inputs() {
        findings.wrong(error.into())?;
    }
    let has_sound_providers = check_providers(&mut findings)?;
    let plan = match app.cascade() {
        Ok(plan) => Some(plan),
        // A wrong provider is reported already.
        Err(_) if !has_sound_providers => None,
        Err(error) => {
            findings.wrong(error)?;
            None
        }
    };
    let steps = plan.as_ref().map(|plan| plan.cascade.steps());
    let steps = steps.unwrap_or_default();
    if app.config().reach() == Reach::Usual {
        for step in steps.iter().filter(|step| step.goes_online()) {
            ask(step, store.as_deref(), &mut findings).await?;
        }
    }
    if let Some(store) = store {
        store.close().await;
    }
    if findings.wrong > 0 {
        return Ok(Exit::Usage);
    }
    if !app.output().is_quiet() {
        let cascade = match steps {
            [] => "empty".to_owned(),
            steps => {
                let names = steps.iter().map(|step| step.provider.capabilities().name);
                names
                    .map(|name| name.to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            }
        };
        app.output().line(&format!(
            "the configuration is sound; the cascade is {cascade}"
        ))?;
    }
    Ok(Exit::Done)
}

/// What is found, as it is found.
struct Findings<'f> {
    app: &'f App<'f>,
    wrong: usize,
}

impl Findings<'_> {
    fn sound(&self, what: &str, found: &str) -> Result<(), CliError> {
        if !self.app.output().is_quiet() {
            self.app
                .output()
                .line(&format!("ok      {what}: {found}"))?;
        }
        Ok(())
    }

    fn wrong(&mut self, error: CliError) -> Result<(), CliError> {
        let report = match error {
            CliError::Report(report) => report,
            CliError::BrokenPipe => return Err(CliError::BrokenPipe),
        };
        self.wrong += 1;
        // What is sound has its place before it.
        self.app.output().flush()?;
        self.app.output().error(&report);
        Ok(())
    }
}

/// Opens the store, in a way that changes nothing.
async fn check_store(findings: &mut Findings<'_>) -> Result<Option<Arc<dyn Store>>, CliError> {
    let app = findings.app;
    if let Err(error) = app.check_store() {
        findings.wrong(error)?;
        return Ok(None);
    }
    match open_store(app).await {
        Ok((store, state)) => {
            findings.sound("store", &state)?;
            Ok(store)
        }
        Err(error) => {
            findings.wrong(error)?;
            Ok(None)
        }
    }
}

async fn open_store(app: &App<'_>) -> Result<(Option<Arc<dyn Store>>, String), CliError> {
    let url = app.config().store_url()?;
    if !app.store_exists()? {
        let file = url.path().unwrap_or_default();
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        let lacks_folder = folder.is_some_and(|folder| !folder.is_dir());
        // The folder of the default store is made with it.
        if lacks_folder && !app.config().store_is_default() {
            let problem = format!("cannot open the inventory in {url}: its folder is not there");
            return Err(CliError::usage(problem).hint("create it, or name another place"));
        }
        let state = format!("{url} is not there yet; `ipcascade enrich` makes it");
        return Ok((None, state));
    }
    let store = app.open_store(OpenMode::Plan).await?;
    let pending = store.pending_migrations(&MigrateOptions::default()).await?;
    let state = match pending.len() {
        0 => format!("{url}, with an inventory"),
        _ => format!("{url}, whose schema the next command that writes brings up to date"),
    };
    Ok((Some(store), state))
}

/// Builds every provider, which opens its files; returns whether none is wrong.
fn check_providers(findings: &mut Findings<'_>) -> Result<bool, CliError> {
    let mut are_sound = true;
    for provider in findings.app.providers() {
        let name = provider.name;
        match provider.status {
            ProviderStatus::Wrong(error) => {
                are_sound = false;
                findings.wrong(error.into())?;
            }
            ProviderStatus::Unconfigured(reason) => {
                let output = findings.app.output();
                output.notice(&format!("{name} is not used: {reason}"));
            }
            ProviderStatus::Ready(built) => {
                let unused = match (provider.not_asked, provider.step) {
                    (Some(reason), _) => Some(reason),
                    (None, None) => Some("no step of the cascade names it"),
                    (None, Some(_)) => None,
                };
                match unused {
                    Some(reason) if !findings.app.config().mentions_provider(name.as_str()) => {
                        let output = findings.app.output();
                        output.notice(&format!("{name} is not used: {reason}"));
                    }
                    Some(reason) => {
                        let state = format!("{}, and not used: {reason}", opened(&*built));
                        findings.sound(name.as_str(), &state)?;
                    }
                    None => findings.sound(name.as_str(), &opened(&*built))?,
                }
            }
        }
    }
    Ok(are_sound)
}

/// What a provider works from.
fn opened(provider: &dyn Provider) -> String {
    let files = provider.data_files(false);
    match files.as_slice() {
        [] => "ready".to_owned(),
        files => {
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            paths.join(", ")
        }
    }
}

/// Asks an online provider one question.
async fn ask(
    step: &Step,
    store: Option<&dyn Store>,
    findings: &mut Findings<'_>,
) -> Result<(), CliError> {
    let capabilities = step.provider.capabilities();
    let name = capabilities.name;
    if let Some(store) = store
        && let Ok(state) = store.provider_state(&capabilities.quota).await
        && let Some(until) = state.not_before.filter(|&until| until > findings.app.now())
    {
        let until = words::timestamp(until);
        return findings.sound(
            name.as_str(),
            &format!("paused until {until}, so not asked"),
        );
    }
    let answers = step.provider.look_up(&[Address::from(ASKED)]).await;
    match answers.outcomes.into_iter().next() {
        Some(Outcome::Failed(failure) | Outcome::Deferred(failure)) => {
            findings.wrong(CliError::usage(format!("{name}: {failure}")).hint(format!(
                "`ipcascade providers show {name}` prints its settings"
            )))
        }
        None => findings.wrong(CliError::usage(format!("{name} did not answer"))),
        Some(Outcome::Found(_) | Outcome::NotFound) => findings.sound(name.as_str(), "it answers"),
    }
}
