//! Lists: one address, CIDR or range a line.

use std::net::IpAddr;
use std::str;

use super::span::excerpt;
use super::{Addresses, Spelling};
use ipcascade_core::address::Address;

/// `line` up to a `#` or `;` at its beginning or after white space.
pub(super) fn without_comment(line: &[u8]) -> &[u8] {
    let comment = memchr::memchr2_iter(b'#', b';', line).find(|&at| {
        at.checked_sub(1)
            .and_then(|before| line.get(before))
            .is_none_or(u8::is_ascii_whitespace)
    });
    let end = comment.unwrap_or(line.len());
    line.get(..end).unwrap_or_default().trim_ascii_end()
}

/// The address that a line consists of, as most do.
pub(super) fn address(line: &[u8]) -> Option<Address> {
    let ip: IpAddr = str::from_utf8(line).ok()?.parse().ok()?;
    Some(ip.into())
}

/// Reads a line that is not blank, and not just an address.
///
/// # Errors
///
/// The reason, if it is not an entry or has more than `max_expansion` addresses.
pub(super) fn parse(
    line: &[u8],
    spelling: Spelling,
    max_expansion: u64,
) -> Result<Addresses<'static>, String> {
    let text = String::from_utf8_lossy(without_comment(line));
    let span = spelling.span(&text).map_err(|error| error.to_string())?;
    if span.count_less_one() >= max_expansion.into() {
        return Err(match span.count_less_one().checked_add(1) {
            Some(count) => format!(
                "`{}` has {count} addresses, more than the {max_expansion} that one entry may have",
                excerpt(&text)
            ),
            None => format!("`{}` is the whole of IPv6", excerpt(&text)),
        });
    }
    Ok(Addresses::span(span))
}

/// Whether `line` is an entry.
pub(super) fn is_entry(line: &[u8], spelling: Spelling) -> bool {
    parse(without_comment(line), spelling, u64::MAX).is_ok()
}

/// Whether `line` is an entry, or was meant as one.
pub(super) fn looks_like_entry(line: &[u8]) -> bool {
    if is_entry(line, Spelling::default()) {
        return true;
    }
    let entry = without_comment(line);
    let address = entry.split(|&byte| byte == b'%').next().unwrap_or_default();
    let is_fitting = |byte: &u8| byte.is_ascii_hexdigit() || b".:/-[]()".contains(byte);
    let separators = address.iter().filter(|byte| b".:".contains(byte));
    separators.count() >= 2 && address.iter().all(is_fitting)
}
