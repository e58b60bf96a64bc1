//! Common parts of lists.

use std::pin::pin;

use clap::Args;
use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::store::StoreResult;

use crate::app::App;
use crate::commands::values;
use crate::exit::Exit;
use crate::output::{ListRow, OutputFormat};
use crate::report::CommandResult;

/// The length of a list, and its format.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ListArgs {
    /// List at most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = values::count)]
    limit: u64,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Form of the list
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: OutputFormat,
}

impl ListArgs {
    pub(crate) fn limit(self) -> Option<u64> {
        (!self.all).then_some(self.limit)
    }
}

/// The format of an export.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ExportArgs {
    /// Form of the export
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) format: OutputFormat,
    /// Export at most this many
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    pub(crate) limit: Option<u64>,
}

/// Writes every row of `rows`; reports on standard error if `rows` is empty (`nothing` is the message), or if there may
/// be more than `limit`.
pub(crate) async fn write<Row, R: ListRow>(
    app: &App<'_>,
    rows: BoxStream<'_, StoreResult<Row>>,
    format: OutputFormat,
    limit: Option<u64>,
    nothing: &str,
    to_record: impl Fn(Row) -> R,
) -> CommandResult {
    let mut records = app.output().records::<R>(format);
    let mut rows = pin!(rows);
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => records.write(&to_record(row))?,
            Err(error) => {
                records.break_off()?;
                return Err(error.into());
            }
        }
    }
    let written = records.finish()?;
    if written == 0 {
        app.output().notice(nothing);
    } else if limit == Some(written) && format == OutputFormat::Table {
        app.output()
            .detail("there may be more: --all lists all, --limit N that many");
    }
    Ok(Exit::Done)
}
