//! What is written beside the fields of records.

use clap::Args;

/// What goes beside the fields, in `json` and `ndjson`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Beside {
    /// Add `sources`: the provider that each value came from (json and ndjson)
    #[arg(long = "with-sources")]
    pub(crate) sources: bool,
    /// Add `sections`: everything that every source says (json and ndjson)
    #[arg(long = "with-sections")]
    pub(crate) sections: bool,
}
