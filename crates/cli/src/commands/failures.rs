//! What providers failed on, for people.

use ipcascade_core::ProviderTally;

use crate::output::Output;
use crate::output::words::addresses;

/// Warns of each kind of failure, and reports why the provider could not be asked, with how many addresses that concerned.
pub(crate) fn warn(tally: &ProviderTally, output: &Output) {
    for (message, concerned) in &tally.errors {
        let of = addresses(*concerned);
        output.warning(&format!(
            "{} had no answer for {of}: {message}",
            tally.provider
        ));
    }
    for (reason, concerned) in &tally.deferrals {
        let of = addresses(*concerned);
        output.notice(&format!("deferred: {} {reason} ({of})", tally.provider));
    }
}
