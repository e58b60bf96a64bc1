//! The text of TXT records; pure.

/// The text of a TXT record from its pieces: joined, without the quotes and escapes that some resolvers leave in it.
pub(crate) fn txt_text<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let joined: Vec<u8> = pieces.into_iter().flatten().copied().collect();
    let mut bytes = unescaped(&joined);
    bytes = match bytes.trim_ascii() {
        [b'"', inner @ .., b'"'] => inner.to_vec(),
        other => other.to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Resolves `\195` (a byte in decimal) and `\"`, as of RFC 1035 presentation format.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let decimal = tail
            .get(..3)
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        if let Some(decoded) = decimal {
            bytes.push(decoded);
            rest = &tail[3..];
        } else if let Some((&literal, tail)) = tail.split_first() {
            bytes.push(literal);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_quotes_and_escapes_undone() {
        let pieces = [b"\"23028 | 216.90.".as_slice(), b"108.0/24\""];
        assert_eq!(txt_text(pieces), "23028 | 216.90.108.0/24");
        let escaped = br#"64496 | SE | ripencc | 2002-01-04 | SKANE - Sk\195\165ne \"Net\", SE"#;
        assert!(txt_text([escaped.as_slice()]).ends_with(r#"SKANE - Skåne "Net", SE"#));
        assert_eq!(txt_text([b"odd \\".as_slice()]), "odd \\");
        assert_eq!(txt_text([b"\xff".as_slice()]), "\u{fffd}");
    }
}
