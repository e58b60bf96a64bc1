//! Addresses that do not count: own scanners and monitors.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use ipcascade_core::Address;

use super::list::without_comment;
use super::{AddressSpan, InputError, Spelling};

/// Networks, ranges and addresses that do not count; its clones are one.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    /// First and last address of each, mapped into IPv6, in order and apart from each other.
    ranges: Arc<[(u128, u128)]>,
}

impl Exclude {
    /// Reads what each of `entries` is: an address, a network, a range, or a file with one of these a line.
    ///
    /// # Errors
    ///
    /// When one is neither, or a line of a file is not.
    pub fn read(entries: &[String]) -> Result<Self, InputError> {
        let mut ranges = Vec::new();
        for entry in entries {
            match Spelling::default().span(entry) {
                Ok(span) if !Path::new(entry).is_file() => ranges.push(range(span)),
                Ok(_) | Err(_) => read_file(entry, &mut ranges)?,
            }
        }
        ranges.sort_unstable();
        let mut apart: Vec<(u128, u128)> = Vec::new();
        for (first, last) in ranges {
            match apart.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => apart.push((first, last)),
            }
        }
        Ok(Self {
            ranges: apart.into(),
        })
    }

    /// Whether nothing is excluded.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `address` is excluded.
    pub fn holds(&self, address: Address) -> bool {
        let bits = bits(address);
        let after = self.ranges.partition_point(|&(first, _)| first <= bits);
        let before = after.checked_sub(1).and_then(|place| self.ranges.get(place));
        before.is_some_and(|&(_, last)| bits <= last)
    }
}

fn bits(address: Address) -> u128 {
    match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn range(span: AddressSpan) -> (u128, u128) {
    let (first, last) = span.ends();
    let mapped = |bits: u128| 0xffff << 32 | bits;
    if span.is_ipv4() { (mapped(first), mapped(last)) } else { (first, last) }
}

fn read_file(path: &str, ranges: &mut Vec<(u128, u128)>) -> Result<(), InputError> {
    let text = std::fs::read(path).map_err(|source| InputError::Exclude {
        reason: format!("`{path}` is neither an address, a network or a range, nor a file that can be read: {source}"),
    })?;
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = without_comment(line);
        let entry = String::from_utf8_lossy(line);
        if entry.trim().is_empty() {
            continue;
        }
        let span = Spelling::default().span(&entry).map_err(|error| InputError::Exclude {
            reason: format!("{path}:{}: {error}", number + 1),
        })?;
        ranges.push(range(span));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_ranges_and_files_are_excluded() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# ours\n2001:db8::/32\n198.41.0.4 ; one\n").unwrap();
        let entries = ["192.33.4.0/24", "192.33.5.0-192.33.5.9", file.path().to_str().unwrap()];
        let exclude = Exclude::read(&entries.map(str::to_owned)).unwrap();
        for (address, is_excluded) in [
            ("192.33.3.255", false),
            ("192.33.4.0", true),
            ("192.33.4.255", true),
            ("192.33.5.9", true),
            ("192.33.5.10", false),
            ("::ffff:192.33.4.1", true),
            ("198.41.0.4", true),
            ("2001:db8::1", true),
            ("2001:db9::", false),
            ("::", false),
        ] {
            assert_eq!(exclude.holds(address.parse().unwrap()), is_excluded, "{address}");
        }
        assert!(Exclude::default().is_empty());
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "1.2.3.4\n1.2.3\n").unwrap();
        for (entry, reason) in [
            ("1.2.3.400", "neither an address"),
            (file.path().to_str().unwrap(), ":2: `1.2.3` is not an address"),
        ] {
            let error = Exclude::read(&[entry.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
