//! Names in presentation format.

use hickory_resolver::proto::rr::Name;

/// Returns the name in lower case and without its final dot, as `dig` prints it: only dots inside a label, backslashes,
/// and bytes that are not printable ASCII are escaped ([RFC 4343], section 2.1).
///
/// [RFC 4343]: https://www.rfc-editor.org/rfc/rfc4343
///
/// ```
/// use hickory_resolver::proto::rr::Name;
/// use ipcascade_dns::presentation;
///
/// let name = Name::from_labels([&b"A+b"[..], b"c.d", b"e\x1bf", b"-"]).unwrap();
/// assert_eq!(presentation(&name), r"a+b.c\.d.e\027f.-");
/// ```
pub fn presentation(name: &Name) -> String {
    let mut text = String::new();
    for label in name.iter() {
        if !text.is_empty() {
            text.push('.');
        }
        for &byte in label {
            match byte {
                b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
                b'!'..=b'~' => text.push(char::from(byte.to_ascii_lowercase())),
                _ => text.push_str(&format!("\\{byte:03}")),
            }
        }
    }
    text
}
