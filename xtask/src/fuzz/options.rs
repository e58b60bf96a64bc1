//! The options of `cargo xtask fuzz`.

use clap::Args;

/// Which targets run, and for how long.
#[derive(Args, Clone, Debug)]
pub struct FuzzOptions {
    /// The targets, by name (default: all)
    pub targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// How many targets run at a time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// The seed of the mutations; 0 for another one each time
    #[arg(long, default_value_t = 1)]
    pub seed: u32,
}
