//! Lists of one entry a line.

use std::io::{self, BufRead as _};

use crate::file::Reader;
use crate::intake::FileIntake;

/// A longer line is not one of a list, and is not read into memory.
const LONGEST: u64 = 64 << 10;

/// Reads a list of one entry a line, the first word of it; behind `#`, `;` or `//` is a comment.
pub(crate) fn read(file: &mut Reader, intake: &mut FileIntake<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let count = io::Read::take(&mut *file, LONGEST).read_until(b'\n', &mut line)?;
        if count == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = if number == 1 {
            text.trim_start_matches('\u{feff}')
        } else {
            &text
        };
        if let Some(entry) = entry_of(text) {
            intake.take(format_args!("line {number}"), entry, Ok(Vec::new()));
        }
    }
    Ok(())
}

/// What a line says, without what stands beside it.
fn entry_of(line: &str) -> Option<&str> {
    let line = line.split(['#', ';']).next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with("//") {
        return None;
    }
    let is_between = |c: char| c.is_whitespace() || c == ',';
    // A range may have spaces around its `-`.
    if let Some((first, rest)) = line.split_once('-') {
        let rest = rest.trim_start();
        let last = rest.split(is_between).next().unwrap_or_default();
        let is_one = !first.trim().contains(is_between) && !last.is_empty();
        if is_one {
            let end = line.len() - rest.len() + last.len();
            return line.get(..end);
        }
    }
    line.split(is_between).next()
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
            ("AS64500 # Example", Some("AS64500")),
            ("# comment", None),
            ("// comment", None),
            ("  ", None),
        ] {
            assert_eq!(entry_of(line), expected, "{line}");
        }
    }
}
