//! Lists: one address, CIDR or range a line.

use std::net::IpAddr;
use std::str;

use ipcascade_core::address::Address;

use crate::comments::without_comment;
use crate::record::Addresses;
use crate::span::excerpt;
use crate::spelling::Spelling;

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

/// Whether `line` is an entry, or was meant as one.
pub(crate) fn looks_like_entry(line: &[u8]) -> bool {
    if is_entry(line, Spelling::default()) {
        return true;
    }
    let entry = without_comment(line);
    let address = entry.split(|&byte| byte == b'%').next().unwrap_or_default();
    let is_fitting = |byte: &u8| byte.is_ascii_hexdigit() || b".:/-[]()".contains(byte);
    let separators = address.iter().filter(|byte| b".:".contains(byte));
    separators.count() >= 2 && address.iter().all(is_fitting)
}

/// Whether `line` is an entry.
pub(crate) fn is_entry(line: &[u8], spelling: Spelling) -> bool {
    parse(without_comment(line), spelling, u64::MAX).is_ok()
}
