//! The command line program of ipcascade, as a library.
//!
//! A program of one's own can link further providers and stores: it names their crates, so that they are linked, and calls
//! [`main`](main()).
//!
//! ```no_run
//! // use my_provider as _;
//!
//! fn main() -> std::process::ExitCode {
//!     ipcascade::main()
//! }
//! ```
//!
//! | Part | What it does |
//! |---|---|
//! | [`config`] | one file, then the environment, then flags, each value with where it comes from |
//! | [`app`] | cascade, policy and store, built from the configuration |
//! | `commands` | a module for each command, with its arguments |
//! | [`output`] | the two streams: data on standard output, all else on standard error |
//! | `records` | what is known of an address, an AS, a session, as flat fields: the same in every command |
//! | [`interrupt`] | Ctrl-C and `SIGTERM`: finish what is under way, commit, report |
//! | [`Exit`], [`CliError`], [`Report`] | how a run ends |
//! | [`mod@reference`] | what the pages of `docs/reference` are made from |
//! | `plugins` | the providers and stores that are linked in, a line each |
//!
//! # Invariants
//!
//! - No type of a provider or store is named here: they come from the [`Registry`](ipcascade_core::registry::Registry).
//! - No address leaves the machine unless a step names a provider that goes online, or `--online` is given.
//! - On a terminal, data of others is shown and never obeyed ([`output::one_line`]). Secrets are shown as `***`.
//! - A broken pipe is no error. What was committed before an interruption stays, and the same command goes on.
//!
//! # Exit codes
//!
//! | [`Exit`] | Code | |
//! |---|---|---|
//! | `Done` | 0 | done, also when single records were left out |
//! | `Failed` | 1 | finished, but an input or provider failed or a check found something |
//! | `Usage` | 2 | wrong usage or configuration |
//! | `StoreUnavailable` | 3 | the store cannot be used |
//! | `Interrupted` | 130 | stopped by Ctrl-C |

pub mod app;
mod args;
mod command_line;
mod commands;
pub mod config;
mod cowrie_arguments;
mod cowrie_enrich_asn;
mod exit;
mod file_error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod interrupt;
mod logging;
pub mod output;
mod output_file;
mod plugins;
mod records;
pub mod reference;
mod report;
mod start;
mod typing_errors;

pub use cowrie_enrich_asn::cowrie_enrich_asn;
pub use exit::Exit;
pub use report::{CliError, CommandResult, Report};
pub use start::main;
