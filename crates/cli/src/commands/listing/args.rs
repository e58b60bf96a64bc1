//! The options that lists and exports have in common.

use clap::Args;

use crate::commands::values;
use crate::output::OutputFormat;
use crate::output_file::FileArgs;

/// The length of a list, and its format.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    /// List at most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = values::count)]
    limit: u64,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

impl ListArgs {
    pub(crate) fn limit(&self) -> Option<u64> {
        (!self.all).then_some(self.limit)
    }
}

/// The format of an export.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) format: OutputFormat,
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Export at most this many (default: all)
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    pub(crate) limit: Option<u64>,
}

/// Which records, by any of their fields.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhereArgs {
    /// Only those that meet this condition: FIELD=VALUE, also with !=, >=, <=, >, < and ~ (contains); FIELD (it is
    /// known, or true); !FIELD (it is not). Repeatable: all must be met. `ipcascade schema` lists the fields
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) conditions: Vec<String>,
}

/// The order of a list, and which fields it has.
#[derive(Clone, Debug, Args)]
pub(crate) struct ColumnArgs {
    /// Sort by this field, the least first; with `:desc` the greatest first
    #[arg(long, alias = "order", value_name = "FIELD[:desc]")]
    pub(super) sort: Option<String>,
    /// Only these fields, in this order, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
}

impl ColumnArgs {
    /// Whether anything is asked for.
    pub(crate) const fn is_some(&self) -> bool {
        self.sort.is_some() || !self.columns.is_empty()
    }
}
