//! Which of the selected addresses a feed has.

use std::io::Read as _;

use ipcascade_core::address::Address;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_input::{Exclude, Spelling};

use crate::app::App;
use crate::commands::ip::feed::args::FeedArgs;
use crate::output::{Output, words};
use crate::report::CliError;

/// The name of standard input in errors.
const STDIN: &str = "<stdin>";

/// Leaves out what is excluded and bogons, and counts it.
pub(super) struct Choice {
    exclude: Exclude,
    has_bogons: bool,
    excluded: u64,
    bogons: u64,
}

impl Choice {
    /// As the options and the configuration say.
    ///
    /// # Errors
    ///
    /// If anything that is to be excluded is not understood: a list that is understood in part would let through what
    /// must not be in the feed.
    pub(super) fn new(args: &FeedArgs, app: &App<'_>) -> Result<Self, CliError> {
        let (piped, named): (Vec<String>, Vec<String>) =
            args.exclude.iter().cloned().partition(|entry| entry == "-");
        let usage = |error: ipcascade_input::InputError| CliError::usage(error.to_string());
        let mut exclude = Exclude::read(&named, Spelling::default()).map_err(usage)?;
        if !piped.is_empty() {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text).map_err(|error| {
                CliError::usage(format!("cannot read what to exclude from {STDIN}"))
                    .caused_by(error)
            })?;
            let piped = Exclude::read_text(STDIN, &text, Spelling::default()).map_err(usage)?;
            exclude = exclude.and(&piped);
        }
        if !args.exclude.is_empty() && exclude.is_empty() {
            let names = args.exclude.join(", ");
            let error = CliError::usage(format!(
                "--exclude names nothing to leave out: {names} is empty"
            ));
            return Err(
                error.hint("a list that was cut off would let through what must never be blocked")
            );
        }
        Ok(Self {
            exclude: exclude.and(&app.config().excluded_inputs()?),
            has_bogons: args.with_bogons,
            excluded: 0,
            bogons: 0,
        })
    }

    /// Whether an address is in the feed; each is to be asked about once.
    pub(super) fn keeps(&mut self, address: Address) -> bool {
        if self.exclude.holds(address) {
            self.excluded += 1;
            return false;
        }
        if !self.has_bogons && special_purpose(address).is_some() {
            self.bogons += 1;
            return false;
        }
        true
    }

    /// Reports what was left out.
    pub(super) fn report(&self, output: &Output) {
        if self.excluded > 0 {
            let addresses = words::addresses(self.excluded);
            output.notice(&format!("left out {addresses}: excluded"));
        }
        if self.bogons > 0 {
            let addresses = words::addresses(self.bogons);
            output.notice(&format!(
                "left out {addresses}: bogons (--with-bogons keeps them)"
            ));
        }
    }
}
