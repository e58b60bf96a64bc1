//! `ipcascade databases`: the data files that providers work from.

use clap::Args;
use ipcascade_core::provider::DataFile;

use crate::app::{App, ProviderStatus};
use crate::commands::show;
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, words};
use crate::output_file::FileArgs;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade --mmdb GeoLite2-ASN.mmdb databases
  ipcascade databases --count --format json";

/// Arguments of `databases`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DatabasesArgs {
    /// Count the records, for which every file is read to its end (default: not counted)
    #[arg(long)]
    count: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Runs the command.
pub(crate) fn run(args: &DatabasesArgs, app: &App<'_>) -> CommandResult {
    let output = app.output();
    let mut files: Vec<DataFile> = Vec::new();
    let mut exit = Exit::Done;
    for built in app.providers() {
        match built.status {
            ProviderStatus::Ready(provider) => files.extend(provider.data_files(args.count)),
            ProviderStatus::Wrong(error) => {
                output.failure(&error.to_string());
                exit = Exit::Failed;
            }
            ProviderStatus::Unconfigured(reason) => {
                output.detail(&format!("{} is not used: {reason}", built.name));
            }
        }
    }
    if args.format != OutputFormat::Table {
        output.json(&files, args.format)?;
        return Ok(exit);
    }
    if files.is_empty() {
        output.notice("no provider uses a data file; --mmdb FILE names one");
        return Ok(exit);
    }
    let columns = [
        ("PROVIDER", Align::Whole),
        ("DATABASE", Align::Left),
        ("BUILT", Align::Left),
        ("AGE", Align::Left),
        ("RECORDS", Align::Right),
        ("FIELDS", Align::Left),
        ("FILE", Align::Left),
    ];
    let mut table = output.table(&columns);
    for file in files {
        let built_at = file.built_at;
        table.row([
            file.provider.to_string(),
            file.edition,
            built_at.map(words::timestamp).unwrap_or_default(),
            built_at
                .map(|at| words::age(at, app.now()))
                .unwrap_or_default(),
            file.records.map(words::number).unwrap_or_default(),
            file.fields.join(", "),
            file.path,
        ]);
    }
    output.print_table(&table)?;
    Ok(exit)
}
