//! `ipcascade config`: the configuration.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use ipcascade_core::registry::Registry;

use crate::app::{App, ProviderStatus};
use crate::commands::show;
use crate::config::{sample, settings, user_config_file};
use crate::exit::Exit;
use crate::output::{Align, Output, OutputFormat, words};
use crate::report::{CliError, CommandResult};

const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade config show
  ipcascade --config other.toml config show --format json";
const INIT_EXAMPLES: &str = "\
Examples:
  ipcascade config init                            print a sample
  ipcascade config init --output ipcascade.toml    write it to a file
  ipcascade config init --user                     write it to the user's configuration folder";

/// The subcommands for the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every configured value and where it comes from; secrets are hidden
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// Check all values, including those of providers; exit 2 if one is wrong
    Check,
    /// Print or write a commented sample configuration
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitCommand),
    /// Say which file is used and where it is looked for
    Path,
}

/// Arguments of `config show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
}

/// Arguments of `config init`.
#[derive(Debug, Args)]
pub(crate) struct InitCommand {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write to the user's configuration folder
    #[arg(long, conflicts_with = "output")]
    user: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(crate) fn run(command: ConfigCommand, app: &App<'_>) -> CommandResult {
    match command {
        ConfigCommand::Show(args) => show_settings(&args, app),
        ConfigCommand::Check => check(app),
        ConfigCommand::Init(args) => init(&args, app.registry(), app.output()),
        ConfigCommand::Path => path(app),
    }
}

fn show_settings(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let settings = settings(app.config());
    if args.format != OutputFormat::Table {
        app.output().json(&settings, args.format)?;
        return Ok(Exit::Done);
    }
    let columns = [
        ("KEY", Align::Left),
        ("VALUE", Align::Left),
        ("SOURCE", Align::Left),
    ];
    let mut table = app.output().table(&columns);
    for setting in settings {
        table.row([setting.key, setting.value.to_string(), setting.source]);
    }
    app.output().print_table(&table)?;
    Ok(Exit::Done)
}

fn check(app: &App<'_>) -> CommandResult {
    let mut wrong: Vec<CliError> = Vec::new();
    wrong.extend(app.check_store().err());
    wrong.extend(app.config().excluded_inputs().err().map(CliError::from));
    let mut has_wrong_provider = false;
    for provider in app.providers() {
        match provider.status {
            ProviderStatus::Wrong(error) => {
                has_wrong_provider = true;
                wrong.push(error.into());
            }
            ProviderStatus::Unconfigured(reason) => {
                app.output()
                    .notice(&format!("{} is not used: {reason}", provider.name));
            }
            ProviderStatus::Ready(_) => {}
        }
    }
    let plan = match app.cascade() {
        Ok(plan) => Some(plan),
        Err(error) => {
            // A wrong provider is reported already.
            wrong.extend((!has_wrong_provider).then_some(error));
            None
        }
    };
    if let Some(last) = wrong.pop() {
        for problem in wrong {
            if let CliError::Report(report) = &problem {
                app.output().error(report);
            }
        }
        return Err(last);
    }
    let steps = plan.iter().flat_map(|plan| plan.cascade.steps());
    let names: Vec<&str> = steps
        .map(|step| step.provider.capabilities().name.as_str())
        .collect();
    let cascade = if names.is_empty() {
        "empty".to_owned()
    } else {
        names.join(", ")
    };
    app.output().line(&format!(
        "the configuration is sound; the cascade is {cascade}"
    ))?;
    Ok(Exit::Done)
}

fn path(app: &App<'_>) -> CommandResult {
    let location = app.config().location();
    match location.file() {
        Some(file) => app.output().line(&file.display().to_string())?,
        None => {
            let searched = location.searched().iter();
            let places: Vec<String> = searched.map(|file| file.display().to_string()).collect();
            let looked = words::count(
                u64::try_from(places.len()).unwrap_or(u64::MAX),
                "place was",
                "places were",
            );
            app.output().notice(&format!(
                "there is no configuration file; {looked} looked at: {}",
                places.join(", ")
            ));
        }
    }
    Ok(Exit::Done)
}

/// Prints or writes the sample.
pub(crate) fn init(args: &InitCommand, registry: &Registry, output: &Output) -> CommandResult {
    let text = sample(registry);
    let file = if args.user {
        user_config_file()
    } else {
        args.output.clone().filter(|file| file.as_os_str() != "-")
    };
    let Some(file) = file else {
        if args.user {
            return Err(CliError::usage(
                "there is no home directory for a configuration file",
            ));
        }
        output.text(&text)?;
        return Ok(Exit::Done);
    };
    write_new(&file, &text, args.force).map_err(|error| {
        let cannot = CliError::usage(format!("cannot write {}", file.display()));
        match error.kind() {
            _ if file.is_dir() => {
                CliError::usage(format!("cannot write {}: it is a folder", file.display()))
                    .hint("name a file in it")
            }
            std::io::ErrorKind::AlreadyExists => {
                cannot.caused_by(error).hint("--force replaces it")
            }
            _ => cannot
                .caused_by(error)
                .hint("name another file with --output"),
        }
    })?;
    output.notice(&format!("wrote {}", file.display()));
    Ok(Exit::Done)
}

fn write_new(file: &std::path::Path, text: &str, force: bool) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    if force {
        options.write(true).create(true).truncate(true);
    } else {
        options.write(true).create_new(true);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Secrets may be added to it later.
        options.mode(0o600);
    }
    let mut file = options.open(file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // An existing file keeps its own otherwise.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(text.as_bytes())
}
