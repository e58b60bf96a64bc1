//! The command and its arguments.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{OpenMode, Store};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::asn::prefixes::files::Files;
use crate::commands::asn::prefixes::found::FoundPrefixes;
use crate::commands::asn::prefixes::row::{PrefixRow, columns};
use crate::commands::asn::prefixes::stored;
use crate::exit::Exit;
use crate::output::OutputFormat;
use crate::output_file::FileArgs;
use crate::report::{CliError, CommandResult};

/// Arguments of `asn prefixes`.
#[derive(Debug, Args)]
pub(crate) struct PrefixesCommand {
    /// The numbers of ASes, with or without `AS`
    #[arg(required = true, value_name = "ASN")]
    asns: Vec<Asn>,
    /// Where to look for prefixes
    #[arg(long, value_name = "WHERE", default_value = "all")]
    from: From,
    /// Join prefixes that are inside or beside each other: the fewest that have the same addresses
    #[arg(long)]
    aggregate: bool,
    /// Print the prefixes alone, one a line
    #[arg(long, conflicts_with = "format")]
    plain: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Where prefixes are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    /// In the inventory, and in the files of providers
    All,
    /// In the inventory: the prefixes of the addresses whose origin AS it is
    Stored,
    /// In the MMDB files and routing tables of providers
    Files,
}

/// Runs the command.
pub(crate) async fn run(args: &PrefixesCommand, app: &App<'_>) -> CommandResult {
    let asns: BTreeSet<Asn> = args.asns.iter().copied().collect();
    let asns = Vec::from_iter(asns);
    let mut found = FoundPrefixes::default();
    let store = match args.from {
        From::All => {
            let instead = "only files are searched";
            app.open_store_if_there(instead).await?
        }
        From::Stored => Some(app.open_store(OpenMode::Read).await?),
        From::Files => None,
    };
    if let Some(store) = &store {
        let policy = Arc::new(app.policy()?);
        for asn in &asns {
            stored::find(*asn, &**store, &policy, &mut found, app).await?;
        }
    }
    let files = match args.from {
        From::Stored => None,
        From::All | From::Files => Some(Files::search(&asns, &mut found, app)),
    };
    let mut has_failed = files.as_ref().is_some_and(|files| files.have_failed);
    for asn in asns.iter().filter(|asn| !found.has(**asn)) {
        app.output()
            .failure(&nothing(*asn, store.as_deref(), files.as_ref()));
        has_failed = true;
    }
    if args.aggregate {
        found = found.aggregated();
    }
    write(args, found, app)?;
    if let Some(store) = store {
        store.close().await;
    }
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

/// Where no prefix of `asn` was found.
fn nothing(asn: Asn, store: Option<&dyn Store>, files: Option<&Files>) -> String {
    let store = store.map(|store| format!("in {}", store.describe()));
    let places: Vec<String> = store
        .into_iter()
        .chain(files.map(Files::describe))
        .collect();
    format!(
        "no prefix of {asn} is known: searched {}",
        places.join(" and ")
    )
}

fn write(args: &PrefixesCommand, found: FoundPrefixes, app: &App<'_>) -> Result<(), CliError> {
    let rows = found.into_rows();
    if args.plain {
        let mut last: Option<IpNet> = None;
        for row in rows {
            // Of a prefix with several origins.
            if last.replace(row.prefix) != Some(row.prefix) {
                app.output().text(&format!("{}\n", row.prefix))?;
            }
        }
        app.output().flush()?;
        return Ok(());
    }
    let mut list = app.output().records(args.format, columns());
    for row in rows {
        list.write(&PrefixRow::of(row))?;
    }
    list.finish()?;
    Ok(())
}
