//! Failures of providers, for people.

use ipcascade_core::cascade::ProviderTally;
use ipcascade_core::store::WriteReport;

use crate::output::Output;
use crate::output::words::{addresses, count, timestamp};

/// Reports each kind of failure, and why the provider could not be asked, with the number of addresses
/// concerned.
pub(crate) fn warn(tally: &ProviderTally, output: &Output) {
    let name = tally.provider;
    let had_no_answer = |message: &str, concerned: u64| {
        let of = addresses(concerned);
        format!("{name} had no answer for {of}: {message}")
    };
    for (message, concerned) in &tally.errors {
        output.failure(&had_no_answer(message, *concerned));
    }
    for (message, concerned) in &tally.upstream_errors {
        output.warning(&had_no_answer(message, *concerned));
    }
    if tally.newer > 0 {
        output.warning(&format!(
            "{} is stored for {} from newer files than those that are here, and is kept; `--refresh` takes what these say",
            tally.provider,
            addresses(tally.newer)
        ));
    }
    for (reason, deferral) in &tally.deferrals {
        let of = addresses(deferral.addresses);
        let until = deferral
            .until
            .map(|until| format!(" until {}", timestamp(until)));
        let until = until.unwrap_or_default();
        output.notice(&format!("deferred: {name}{until}, {of}: {reason}"));
    }
}

/// Warns of values that were not stored.
pub(crate) fn warn_of_values(written: &WriteReport, output: &Output) {
    if written.values_left_out > 0 {
        let values = count(written.values_left_out, "value", "values");
        output.warning(&format!(
            "{values} left out: the encoding of the database lacks a character; one with the encoding UTF8 has all"
        ));
    }
}
