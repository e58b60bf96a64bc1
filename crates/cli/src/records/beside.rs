//! What is written beside the fields of records.

use clap::Args;

/// What goes beside the fields, in `json` and `ndjson`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Beside {
    /// With json and ndjson: add `sources`, the provider that each value came from
    #[arg(long = "with-sources")]
    pub(crate) sources: bool,
    /// With json and ndjson: add `sections`, all that each provider said
    #[arg(long = "with-sections")]
    pub(crate) sections: bool,
}
