//! `ipcascade asn show`.

use clap::Args;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::OpenMode;

use crate::app::App;
use crate::commands::asked::{Asked, Refused, are_several};
use crate::commands::asn::page::AsnPage;
use crate::commands::show::NameValues;
use crate::exit::Exit;
use crate::output::OutputFormat;
use crate::output_file::FileArgs;
use crate::report::CommandResult;

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    if let [only] = args.asns.as_slice()
        && only != "-"
    {
        // That is known without an inventory.
        number(only)?;
    }
    let policy = app.policy()?;
    let store = app.open_store(OpenMode::Read).await?;
    let several = are_several(&args.asns, args.asns.len());
    let mut answers = app.output().answers(args.format, several);
    let (mut has_failed, mut asked) = (false, Asked::new(&args.asns));
    while let Some(text) = asked.next_text()? {
        let asn = match number(&text.text) {
            Ok(asn) => asn,
            Err(refused) => {
                text.refuse(refused, app.output())?;
                has_failed = true;
                continue;
            }
        };
        let Some(page) = AsnPage::stored(&*store, asn, args.addresses).await? else {
            let text = format!("{asn} is not in {}", store.describe());
            app.output().failure(&text);
            has_failed = true;
            continue;
        };
        if args.format == OutputFormat::Table {
            if answers.is_started() {
                app.output().text("\n")?;
            }
            answers.start();
            page.write(NameValues::default(), app)?;
            continue;
        }
        answers.write(&page.record(&policy))?;
    }
    answers.finish()?;
    store.close().await;
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

fn number(text: &str) -> Result<Asn, Refused> {
    let refused = |_| Refused::from(format!("`{text}` is not an AS number, such as AS15169"));
    text.parse().map_err(refused)
}

/// Arguments of `asn show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// The numbers of ASes, with or without `AS`; `-` reads them from standard input
    #[arg(required = true, value_name = "ASN")]
    asns: Vec<String>,
    /// Show at most this many addresses of each AS, those with the most sessions first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    addresses: u64,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}
