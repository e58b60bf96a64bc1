//! Recognising a format from the first lines.

use serde::de::IgnoredAny;

use super::blocks::SAMPLE_BYTES;
use super::list::{looks_like_entry, without_comment};
use super::{InputFormat, cowrie, csv};

/// How many lines are looked at.
const SAMPLE: usize = 20;

/// The format of an input that begins with `sample`; `None` if more of it is needed to tell.
pub(super) fn format(sample: &[u8], is_all: bool, delimiter: Option<u8>) -> Option<InputFormat> {
    let last_end = memchr::memrchr(b'\n', sample);
    let sample = match last_end {
        Some(end) if !is_all || sample.len() >= SAMPLE_BYTES => sample.get(..=end)?,
        None if !is_all => return None,
        _ => sample,
    };
    let lines: Vec<&[u8]> = sample
        .split(|&byte| byte == b'\n')
        .map(trimmed)
        .filter(|line| !without_comment(line).is_empty())
        .take(SAMPLE)
        .collect();
    if lines.is_empty() {
        return is_all.then_some(InputFormat::Text);
    }
    let objects = lines.iter().filter(|line| is_object(line));
    if lines.iter().any(|line| cowrie::is_event(line)) {
        return Some(InputFormat::Cowrie);
    }
    // One that is too long to be looked at counts as an object.
    let is_cut_object =
        last_end.is_none() && sample.len() >= SAMPLE_BYTES && sample.starts_with(b"{\"");
    if objects.count() > 0 || is_cut_object {
        return Some(InputFormat::Ndjson);
    }
    if csv::is_likely(sample, delimiter) {
        return Some(InputFormat::Csv);
    }
    let entries = lines.iter().filter(|line| looks_like_entry(line)).count();
    Some(if entries * 2 >= lines.len() {
        InputFormat::List
    } else {
        InputFormat::Text
    })
}

fn is_object(line: &[u8]) -> bool {
    line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// `line` without white space at its ends, nor the zero bytes that a crash can leave there.
pub(super) fn trimmed(mut line: &[u8]) -> &[u8] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised() {
        for (sample, expected) in [
            ("1.2.3.4\n5.6.7.8\n", InputFormat::List),
            ("# mine\n\n10.0.0.0/8 ; too\n", InputFormat::List),
            ("1.2.3.4.5\n256.1.1.1\nfe80::1%eth0\n", InputFormat::List),
            ("1[.]2[.]3[.]4\n", InputFormat::List),
            ("1.2.3.4 - 1.2.3.9\n", InputFormat::List),
            ("1.2.3.4 - - [10/Oct/2025] \"GET /\"\n", InputFormat::Text),
            ("hxxp://1[.]2[.]3[.]4/x\n", InputFormat::Text),
            ("Oct 10 sshd: from 1.2.3.4, port 22\n", InputFormat::Text),
            ("", InputFormat::Text),
            ("{\"ip\":\"1.2.3.4\"}\n", InputFormat::Ndjson),
            ("{\n  \"ip\": \"1.2.3.4\"\n}\n", InputFormat::Text),
            ("lf a line\"}\n{\"ip\":\"1.2.3.4\"}\n", InputFormat::Ndjson),
            (
                "{\"eventid\":\"cowrie.session.connect\"}",
                InputFormat::Cowrie,
            ),
            ("{\"eventid\":\"x\"}", InputFormat::Ndjson),
            ("ip\n1.2.3.4\n", InputFormat::Csv),
            ("when;SRC_IP\nnow;1.2.3.4\n", InputFormat::Csv),
            ("1.2.3.4,x\n5.6.7.8,y\n", InputFormat::Csv),
            ("1.2.3.4;x\n5.6.7.8;y\n", InputFormat::Csv),
            ("a\tb\nx\t1.2.3.4\n", InputFormat::Csv),
        ] {
            assert_eq!(
                format(sample.as_bytes(), true, None),
                Some(expected),
                "{sample}"
            );
        }
        assert_eq!(format(b"# only a comment\n", false, None), None);
        assert_eq!(format(b"1.2.3.", false, None), None);
    }
}
