//! The command line program of ipcascade, as a library.
//!
//! A program of one's own can link further providers and stores: it names their crates, so that
//! they are linked, and calls [`main`].
//!
//! ```no_run
//! // use my_provider as _;
//!
//! fn main() -> std::process::ExitCode {
//!     ipcascade::main()
//! }
//! ```

pub mod app;
mod args;
mod commands;
pub mod config;
mod cowrie_enrich_asn;
mod exit;
pub mod interrupt;
mod logging;
pub mod output;
mod plugins;
mod report;
mod start;

pub use cowrie_enrich_asn::cowrie_enrich_asn;
pub use exit::Exit;
pub use report::{CliError, CommandResult, Report};
pub use start::main;
