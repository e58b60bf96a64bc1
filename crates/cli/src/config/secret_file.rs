//! Secrets in files of their own.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// More than any secret has.
const LARGEST: u64 = 64 * 1024;

/// Reads a file with one line of text, and returns it without the line end.
///
/// # Errors
///
/// The reason, as a clause, without anything of what is in the file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = bytes(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Err("it is larger than 64 KiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.trim_start_matches('\u{feff}');
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains(['\r', '\n']) {
        return Err("it has more than one line".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("it has control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_without_its_end_and_nothing_else_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let read_text = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            read(&file)
        };
        for text in ["a b", "a b\n", "a b\r\n", "\u{feff}a b\n", "a b\n\n"] {
            assert_eq!(read_text(text.as_bytes()).unwrap(), "a b", "{text:?}");
        }
        for (text, reason) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"SECRET\nSECRET\n", "more than one line"),
            (b"SECRET\0", "control characters"),
            (b"SECRET\xff", "not UTF-8"),
            (&[b'S'; 70_000], "larger than"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
        assert_eq!(read(folder.path()).unwrap_err(), "it is a folder");
        let absent = read(&folder.path().join("none")).unwrap_err();
        assert_eq!(absent, "there is no such file");
    }
}
