//! Why a text is not an address.

use std::net::Ipv6Addr;

use crate::span::excerpt;

/// The reason why `text` is not an address, for people.
pub(super) fn not_an_address(text: &str) -> String {
    let text = text.trim();
    let shown = excerpt(text);
    if text
        .split_once('%')
        .is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
    {
        return format!(
            "`{shown}` is not an address by itself: it is of an interface (link-local)"
        );
    }
    let parts: Vec<&str> = text.split('.').take(9).collect();
    let is_dotted = parts.len() > 1
        && !text.contains(':')
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_dotted && parts.len() != 4 {
        return format!(
            "`{shown}` is not an address: it has {}{} numbers, not 4",
            parts.len(),
            if parts.len() == 9 { " or more" } else { "" }
        );
    }
    if let Some(part) = parts
        .iter()
        .filter(|_| is_dotted)
        .find(|part| part.parse::<u8>().is_err() || (part.len() > 1 && part.starts_with('0')))
    {
        let reason = if part.starts_with('0') {
            "begins with a zero: octal, or padded? (--zero-padded)"
        } else {
            "is over 255"
        };
        return format!("`{shown}` is not an address: `{}` {reason}", excerpt(part));
    }
    if !text.is_empty() && text.parse::<u32>().is_ok() {
        return format!("`{shown}` is not an address: it is a number (--integers)");
    }
    format!("`{shown}` is not an address")
}
