//! Reads what is excluded: addresses, networks, ranges, and files of these.

use std::path::Path;

use ipcascade_core::home::expand_home;

use crate::comments::without_comment;
use crate::error::InputError;
use crate::exclude::Exclude;
use crate::list::looks_like_entry;
use crate::span::{AddressSpan, ParseSpanError};
use crate::spelling::Spelling;

impl Exclude {
    /// Reads `entries`, each an address, a network, a range, or a file with one of these a line.
    ///
    /// # Errors
    ///
    /// If one of them, or a line of a file, cannot be read as any of these.
    pub fn read(entries: &[String], spelling: Spelling) -> Result<Self, InputError> {
        let mut spans = Vec::new();
        for entry in entries {
            match several(entry, spelling) {
                Ok(several) if !Path::new(entry).is_file() => spans.extend(several),
                Ok(_) => read_file(entry, spelling, &mut spans)?,
                // A mistyped network is not the name of a file.
                Err(error) if entry.contains('/') && looks_like_entry(entry.as_bytes()) => {
                    return Err(InputError::Exclude {
                        entry: entry.clone(),
                        reason: error,
                    });
                }
                Err(_) => read_file(entry, spelling, &mut spans)?,
            }
        }
        Ok(Self::of(spans))
    }

    /// Reads `text`, which has an address, a network or a range a line; `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// If a line cannot be read as any of these.
    pub fn read_text(name: &str, text: &[u8], spelling: Spelling) -> Result<Self, InputError> {
        let mut spans = Vec::new();
        read_lines(name, text, spelling, &mut spans)?;
        Ok(Self::of(spans))
    }
}

/// Reads an entry, or several separated by commas.
fn several(text: &str, spelling: Spelling) -> Result<Vec<AddressSpan>, ParseSpanError> {
    let parts = text.split(',').map(str::trim);
    parts.map(|part| spelling.span(part)).collect()
}

fn read_file(
    path: &str,
    spelling: Spelling,
    spans: &mut Vec<AddressSpan>,
) -> Result<(), InputError> {
    let text =
        std::fs::read(expand_home(Path::new(path))).map_err(|reason| InputError::ExcludeFile {
            entry: path.to_owned(),
            reason,
        })?;
    read_lines(path, &text, spelling, spans)
}

fn read_lines(
    name: &str,
    text: &[u8],
    spelling: Spelling,
    spans: &mut Vec<AddressSpan>,
) -> Result<(), InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let line = without_comment(line);
        let entry = String::from_utf8_lossy(line);
        if entry.trim().is_empty() {
            continue;
        }
        let several = several(&entry, spelling).map_err(|reason| InputError::ExcludeLine {
            path: name.to_owned(),
            line: number,
            reason,
        })?;
        spans.extend(several);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_ranges_and_files_are_excluded() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "\u{feff}# ours\n2001:db8::/32\n198.41.0.4 ; one\n",
        )
        .unwrap();
        let entries = [
            "192.33.4.0/24",
            "192.33.5.0-192.33.5.9, 192.33.6.1",
            file.path().to_str().unwrap(),
        ];
        let exclude = Exclude::read(&entries.map(str::to_owned), Spelling::default()).unwrap();
        for (address, is_excluded) in [
            ("192.33.3.255", false),
            ("192.33.4.0", true),
            ("192.33.4.255", true),
            ("192.33.5.9", true),
            ("192.33.5.10", false),
            ("192.33.6.1", true),
            ("::ffff:192.33.4.1", true),
            ("198.41.0.4", true),
            ("2001:db8::1", true),
            ("2001:db9::", false),
            ("::", false),
        ] {
            assert_eq!(
                exclude.holds(address.parse().unwrap()),
                is_excluded,
                "{address}"
            );
        }
        assert!(Exclude::default().is_empty());
        let all = Exclude::read(&["::/0".to_owned()], Spelling::default()).unwrap();
        assert!(all.holds("2001:db8::1".parse().unwrap()));
        assert!(!all.holds("192.33.4.1".parse().unwrap()));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "1.2.3.4\n1.2.3\n").unwrap();
        for (entry, reason) in [
            ("1.2.3.400", "neither an address"),
            ("1.2.3.0/33", "`33` is not a prefix length"),
            (
                file.path().to_str().unwrap(),
                ":2: `1.2.3` is not an address",
            ),
        ] {
            let error = Exclude::read(&[entry.to_owned()], Spelling::default())
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
