//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use std::net::IpAddr;

use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::LookupFailure;
use ipnet::IpNet;

use crate::answer::AnnouncedPrefix;
use crate::bulk_lookup::BulkLookup;
use crate::parse;
use crate::question::PrefixAnswer;
use crate::txt_text;

/// A prefix, its origins with their names, and country, registry and date.
pub type Origin = (IpNet, Vec<(Asn, Option<String>)>, [Option<String>; 3]);

fn origin(read: AnnouncedPrefix) -> Origin {
    let AnnouncedPrefix {
        prefix,
        asns,
        registration,
    } = read;
    let asns = asns.into_iter();
    let asns = asns.map(|(asn, name)| (asn, name.map(|name| name.to_string())));
    let said = [
        registration.country,
        registration.registry,
        registration.allocated,
    ];
    (prefix, asns.collect(), said)
}

/// Returns the text of a TXT record.
pub fn txt_text(pieces: &[&[u8]]) -> String {
    txt_text::txt_text(pieces.iter().copied())
}

/// Reads the record of a prefix.
///
/// # Errors
///
/// If the text has another form.
pub fn origin_record(text: &str) -> Result<Option<Origin>, String> {
    let read = parse::origin_record(text).map_err(|error| error.to_string())?;
    Ok(read.map(origin))
}

/// Reads the record of an AS.
///
/// # Errors
///
/// If the text has another form.
pub fn details_record(text: &str) -> Result<(Asn, Option<String>), String> {
    let (asn, name) = parse::details_record(text).map_err(|error| error.to_string())?;
    Ok((asn, name.map(|name| name.to_string())))
}

/// Returns what one or two sessions of bulk whois answer about `asked`: the lines that the server sent in each.
pub fn bulk(
    asked: &[IpAddr],
    sessions: &[Vec<&str>],
) -> Vec<Result<Option<Origin>, LookupFailure>> {
    let mut lookup = BulkLookup::new(asked.iter().copied());
    for lines in sessions {
        lookup.begin_session();
        for line in lines {
            match line.strip_suffix('\n') {
                Some(line) => lookup.take(line),
                None => lookup.take_unfinished(line),
            }
        }
        lookup.resume();
    }
    let missing = LookupFailure::transient("not answered");
    let reply = |answer: PrefixAnswer| answer.map(|found| found.map(|it| origin((*it).clone())));
    asked
        .iter()
        .map(|&ip| reply(lookup.reply(ip, &missing)))
        .collect()
}
