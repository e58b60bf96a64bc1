//! Finds the runs of bytes in a text that may be an address.

use ipcascade_core::address::Address;

use crate::escapes::unescaped;
use crate::refang::refanged;
use crate::scan::byte_class::{Class, class};
use crate::scan::byte_run::ByteRun;
use crate::scan::packet::{PACKETS, end_of_packet};
use crate::skipped_text::Skipped;
use crate::spelling::Spelling;

/// Appends every address in `text` to `found`, in order, and counts in `skipped` what only looks like one. A network is
/// not an address: anyone who can write to a log could turn one into thousands.
pub(crate) fn scan(
    text: &[u8],
    spelling: Spelling,
    found: &mut Vec<Address>,
    skipped: &mut Skipped,
) {
    let unescaped = unescaped(text);
    let text = refanged(&unescaped);
    let has_packets = PACKETS.find(&text).is_some();
    let mut done = 0;
    while let Some(separator) = text
        .get(done..)
        .and_then(|rest| memchr::memchr2(b'.', b':', rest))
        .map(|offset| done + offset)
    {
        let is_part = |byte: &&u8| class(Some(byte)) == Class::Part;
        let before = text.get(done..separator).unwrap_or_default();
        let start = separator - before.iter().rev().take_while(is_part).count();
        let after = text.get(separator..).unwrap_or_default();
        let end = separator + after.iter().take_while(is_part).count();
        if let Some((address, end)) = has_packets.then(|| end_of_packet(&text, start)).flatten() {
            found.push(address);
            done = end;
            continue;
        }
        let run = ByteRun {
            text: &text,
            start,
            end,
            spelling,
        };
        let length = run.scan(found, skipped);
        done = end + length;
    }
}

/// Whether `text` contains an address.
pub(crate) fn has_address(text: &[u8], spelling: Spelling) -> bool {
    let mut found = Vec::new();
    scan(text, spelling, &mut found, &mut Skipped::default());
    !found.is_empty()
}
