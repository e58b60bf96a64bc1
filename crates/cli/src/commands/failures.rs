//! What providers failed on, for people.

use ipcascade_core::ProviderTally;

use crate::output::Output;
use crate::output::words::addresses;

/// Warns of each kind of failure, with how many addresses it concerned.
pub(crate) fn warn(tally: &ProviderTally, output: &Output) {
    for (message, concerned) in &tally.errors {
        let of = addresses(*concerned);
        output.warning(&format!(
            "{} had no answer for {of}: {message}",
            tally.provider
        ));
    }
}
