//! `ipcascade providers`: the linked providers.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use ipcascade_core::store::{OpenMode, ProviderState, Store};
use serde_json::{Value, json};

use crate::app::{App, BuiltProvider, ProviderStatus};
use crate::commands::show;
use crate::commands::show::NameValues;
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, words};
use crate::output_file::FileArgs;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade providers
  ipcascade providers show cymru
  ipcascade providers resume greynoise
  ipcascade providers --format json";
const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade providers list
  ipcascade providers list --format json";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade providers show cymru                    what it needs, and a sample of its settings
  ipcascade providers show maxmind --format json";
const RESUME_EXAMPLES: &str = "\
Examples:
  ipcascade providers resume greynoise    after its quota was raised";

/// Arguments of `providers`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct ProvidersArgs {
    /// What to do; the list if nothing is said.
    #[command(subcommand)]
    command: Option<ProvidersCommand>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// What can be done with providers.
#[derive(Debug, Subcommand)]
enum ProvidersCommand {
    /// List the providers, and whether each can be asked (the default)
    List(ListCommand),
    /// Show one provider, with a sample of its settings
    Show(ShowCommand),
    /// Lift the pause of a provider whose quota is spent, or that asked to be left alone
    Resume(ResumeCommand),
}

/// Arguments of `providers resume`.
#[derive(Debug, Args)]
#[command(after_help = RESUME_EXAMPLES)]
struct ResumeCommand {
    /// The name of the provider
    name: String,
}

/// Arguments of `providers list`.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
struct ListCommand {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Arguments of `providers show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
struct ShowCommand {
    /// The name of the provider
    name: String,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Runs the command.
pub(crate) async fn run(args: ProvidersArgs, app: &App<'_>) -> CommandResult {
    match args.command {
        Some(ProvidersCommand::Show(args)) => show(&args, app).await,
        Some(ProvidersCommand::Resume(args)) => resume(&args, app).await,
        Some(ProvidersCommand::List(args)) => list(args.format, app).await,
        None => list(args.format, app).await,
    }
}

async fn list(format: OutputFormat, app: &App<'_>) -> CommandResult {
    let providers = app.providers();
    let states = states(&providers, app).await;
    if format != OutputFormat::Table {
        let values: Vec<Value> = providers
            .iter()
            .map(|built| as_json(built, &states))
            .collect();
        app.output().json(&values, format)?;
        return Ok(Exit::Done);
    }
    let columns = [
        ("NAME", Align::Left),
        ("STEP", Align::Right),
        ("ONLINE", Align::Left),
        ("STATUS", Align::Left),
        ("ANSWERS LAST", Align::Left),
        ("DESCRIPTION", Align::Left),
    ];
    let mut table = app.output().table(&columns);
    for built in &providers {
        table.row([
            built.name.to_string(),
            built.step.map(|step| step.to_string()).unwrap_or_default(),
            yes_or_no(built.online).to_owned(),
            status(built, &states, app),
            lasts(built).unwrap_or_default(),
            built.description.to_owned(),
        ]);
    }
    app.output().print_table(&table)?;
    Ok(Exit::Done)
}

async fn show(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    app.registry().provider(&args.name)?;
    let providers: Vec<BuiltProvider> = app
        .providers()
        .into_iter()
        .filter(|built| built.name.as_str() == args.name)
        .collect();
    let states = states(&providers, app).await;
    let output = app.output();
    for built in &providers {
        if args.format != OutputFormat::Table {
            output.json(&as_json(built, &states), args.format)?;
            continue;
        }
        output.heading(built.name.as_str())?;
        let mut facts = NameValues::default();
        facts.add("description", built.description);
        facts.add("status", status(built, &states, app));
        facts.add_some("step", built.step.map(|step| step.to_string()));
        facts.add("goes online", yes_or_no(built.online));
        facts.add_some("answers last", lasts(built));
        if let ProviderStatus::Ready(provider) = &built.status {
            let fields = provider.capabilities().fields.iter();
            facts.add(
                "fields",
                fields
                    .map(|field| field.name())
                    .collect::<Vec<_>>()
                    .join(", "),
            );
        }
        if let Some(state) = states
            .get(built.name.as_str())
            .filter(|state| state.used > 0)
        {
            facts.add("look-ups counted", words::number(state.used));
        }
        facts.write(output)?;
        output.text("\n")?;
        output.heading("Settings")?;
        for line in built.example.trim().lines() {
            output.line(line)?;
        }
    }
    Ok(Exit::Done)
}

async fn resume(args: &ResumeCommand, app: &App<'_>) -> CommandResult {
    let provider = app.registry().provider(&args.name)?.name;
    let store = app.open_store(OpenMode::Update).await?;
    let until = store.resume_provider(provider).await;
    store.close().await;
    let said = match until? {
        Some(until) => {
            let until = words::timestamp(until);
            format!("{provider} was paused until {until}; the next run asks it again")
        }
        None => format!("{provider} was not paused"),
    };
    app.output().notice(&said);
    Ok(Exit::Done)
}

/// The stored state of the providers, if there is a store.
async fn states(
    providers: &[BuiltProvider],
    app: &App<'_>,
) -> HashMap<&'static str, ProviderState> {
    let mut states = HashMap::new();
    let store = match open(app).await {
        Ok(Some(store)) => store,
        Ok(None) => return states,
        Err(CliError::Report(report)) => {
            app.output().detail(&format!(
                "without the state of providers: {}",
                report.message()
            ));
            return states;
        }
        Err(CliError::BrokenPipe) => return states,
    };
    for built in providers {
        match store.provider_state(&built.quota()).await {
            Ok(state) => {
                states.insert(built.name.as_str(), state);
            }
            Err(error) => app
                .output()
                .detail(&format!("no state of {}: {error}", built.name)),
        }
    }
    store.close().await;
    states
}

async fn open(app: &App<'_>) -> Result<Option<Arc<dyn Store>>, CliError> {
    if !app.store_exists()? {
        return Ok(None);
    }
    app.open_store(OpenMode::Read).await.map(Some)
}

fn status(
    built: &BuiltProvider,
    states: &HashMap<&'static str, ProviderState>,
    app: &App<'_>,
) -> String {
    let paused = states.get(built.name.as_str()).and_then(|state| {
        let until = state.not_before.filter(|until| *until > app.now())?;
        let reason = state.reason.as_deref().unwrap_or("asked to wait");
        Some(format!(
            "paused until {}: {reason}",
            words::timestamp(until)
        ))
    });
    match (&built.status, paused) {
        (ProviderStatus::Wrong(error), _) => format!("wrong settings: {error}"),
        (ProviderStatus::Unconfigured(reason), _) => format!("not configured: {reason}"),
        (ProviderStatus::Ready(_), _) if built.not_asked.is_some() => {
            format!("not asked: {}", built.not_asked.unwrap_or_default())
        }
        (ProviderStatus::Ready(_), Some(paused)) => paused,
        (ProviderStatus::Ready(_), None) => "ready".to_owned(),
    }
}

fn lasts(built: &BuiltProvider) -> Option<String> {
    let ProviderStatus::Ready(provider) = &built.status else {
        return None;
    };
    Some(match provider.capabilities().ttl {
        Some(ttl) => words::duration(ttl),
        None => "until its data changes".to_owned(),
    })
}

const fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn as_json(built: &BuiltProvider, states: &HashMap<&'static str, ProviderState>) -> Value {
    let (status, reason) = match &built.status {
        ProviderStatus::Ready(_) => ("ready", None),
        ProviderStatus::Unconfigured(reason) => ("unconfigured", Some(reason.clone())),
        ProviderStatus::Wrong(error) => ("wrong", Some(error.to_string())),
    };
    let (capabilities, version) = match &built.status {
        ProviderStatus::Ready(provider) => (
            Some(provider.capabilities().clone()),
            provider.data_version(),
        ),
        _ => (None, None),
    };
    let seconds = |ttl: Option<TimeDelta>| ttl.map(|ttl| ttl.num_seconds());
    json!({
        "name": built.name,
        "description": built.description,
        "step": built.step,
        "online": built.online,
        "status": status,
        "reason": reason,
        "not_asked": built.not_asked,
        "fields": capabilities.as_ref().map(|it| &it.fields),
        "ttl_seconds": capabilities.as_ref().and_then(|it| seconds(it.ttl)),
        "not_found_ttl_seconds": capabilities.as_ref().and_then(|it| seconds(it.not_found_ttl)),
        "data_version": version,
        "state": states.get(built.name.as_str()),
    })
}
