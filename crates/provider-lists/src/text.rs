//! Reads lists of one entry a line.

use std::io::{self, BufRead as _, Read as _};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::file::ListReader;
use crate::intake::FileIntake;

/// A longer line does not belong to a list, and is not read into memory.
const LONGEST: u64 = 64 << 10;

/// Reads a list of one entry a line: its first word. `#`, `;` or `//` begins a comment.
pub(crate) fn read(file: &mut ListReader, intake: &mut FileIntake<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let count = file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if count == 0 {
            break;
        }
        let place = format_args!("line {number}");
        if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
            file.skip_until(b'\n')?;
            intake.refuse(
                place,
                "it is too long for one entry; is the list a table, or JSON?",
            );
            continue;
        }
        match entry_of(&String::from_utf8_lossy(&line)) {
            Ok(Some(entry)) => intake.take(place, entry, Vec::new()),
            Ok(None) => {}
            Err(problem) => intake.refuse(place, &problem),
        }
    }
    Ok(())
}

/// Returns the entry of a line without what stands beside it.
fn entry_of(line: &str) -> Result<Option<&str>, String> {
    let line = line.split(['#', ';']).next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with("//") {
        return Ok(None);
    }
    let is_between = |c: char| c.is_whitespace() || c == ',';
    // A range may have spaces around its `-`.
    if let Some((first, rest)) = line.split_once('-') {
        let rest = rest.trim_start();
        let last = rest.split(is_between).next().unwrap_or_default();
        if is_address(first.trim()) && is_address(last) {
            let end = line.len() - rest.len() + last.len();
            return Ok(line.get(..end));
        }
    }
    let mut words = line.split(is_between).filter(|word| !word.is_empty());
    let entry = words.next();
    match words.next() {
        Some(second) if is_address(second) && entry.is_some_and(is_address) => Err(format!(
            "`{line}` has more than one address: write one in a line, or a range with `-`"
        )),
        _ => Ok(entry),
    }
}

fn is_address(word: &str) -> bool {
    let first = word.as_bytes().first();
    first.is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':')
        && (word.parse::<IpAddr>().is_ok() || word.parse::<IpNet>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_what_stands_beside_are_left_out() {
        for (line, expected) in [
            ("192.0.2.7\r\n", Some("192.0.2.7")),
            ("192.0.2.0/24 ; SBL1", Some("192.0.2.0/24")),
            ("192.0.2.0/24\tname - of it", Some("192.0.2.0/24")),
            (
                "192.0.2.1 - 192.0.2.9 # office",
                Some("192.0.2.1 - 192.0.2.9"),
            ),
            ("192.0.2.1-192.0.2.9,x", Some("192.0.2.1-192.0.2.9")),
            ("192.0.2.1,DE", Some("192.0.2.1")),
            ("192.0.2.0/24 - office", Some("192.0.2.0/24")),
            ("AS64500 - Example", Some("AS64500")),
            ("AS64500 # Example", Some("AS64500")),
            ("# comment", None),
            ("// comment", None),
            ("  ", None),
        ] {
            assert_eq!(entry_of(line), Ok(expected), "{line}");
        }
        for several in ["192.0.2.1,192.0.2.9", "192.0.2.1 192.0.2.0/24 x"] {
            assert!(entry_of(several).is_err(), "{several}");
        }
    }
}
