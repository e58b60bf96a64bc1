//! Strips comments from the entries of lists.

/// `line` up to a `#` or `;` at its beginning or after white space.
pub(crate) fn without_comment(line: &[u8]) -> &[u8] {
    let comment = memchr::memchr2_iter(b'#', b';', line).find(|&at| {
        at.checked_sub(1)
            .and_then(|before| line.get(before))
            .is_none_or(u8::is_ascii_whitespace)
    });
    let end = comment.unwrap_or(line.len());
    line.get(..end).unwrap_or_default().trim_ascii_end()
}
