//! Lines without what a crash or a program leaves at their ends.

/// `line` without white space at its ends, and without zero bytes that a crash may leave there.
pub(crate) fn trimmed(mut line: &[u8]) -> &[u8] {
    let is_blank = |byte: u8| byte.is_ascii_whitespace() || byte == 0;
    while let [first, rest @ ..] = line
        && is_blank(*first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && is_blank(*last)
    {
        line = rest;
    }
    line
}
