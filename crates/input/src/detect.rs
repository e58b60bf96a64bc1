//! Recognises a format from the first lines.

use serde::de::IgnoredAny;

use crate::blocks::SAMPLE_BYTES;
use crate::comments::without_comment;
use crate::json::ValueSplitter;
use crate::list::{is_entry, looks_like_entry};
use crate::options::{InputFormat, InputOptions};
use crate::record_end::RecordEnd;
use crate::{csv, json};

/// How many lines are examined.
const SAMPLE: usize = 20;

/// Why no text begins with `sample`, if none does.
fn refused(sample: &[u8], is_all: bool) -> Option<&'static str> {
    if is_binary(sample) {
        return Some(
            "it is binary data of an unknown kind; name its format with --format-in if it is text all the same",
        );
    }
    (is_all && has_lone_cr_lines(sample)).then_some(
        "its lines end with CR alone, as on old Macs; write it anew, as with `tr '\\r' '\\n'`",
    )
}

/// The format of an input that begins with `sample`; `None` if that is not enough.
///
/// # Errors
///
/// The reason why it is not a supported format.
pub(super) fn format(
    sample: &[u8],
    is_all: bool,
    options: &InputOptions,
) -> Option<Result<InputFormat, String>> {
    let last_end = memchr::memrchr(b'\n', sample);
    if let Some(reason) = refused(sample, is_all) {
        return Some(Err(reason.to_owned()));
    }
    // JSON values may have many lines, or none that ends.
    let values = JsonKinds::of(sample);
    if let Some(format) = values.format() {
        return Some(Ok(format));
    }
    if begins_open_object(sample) {
        return match is_all && sample.len() < SAMPLE_BYTES {
            false if is_all => Some(Ok(InputFormat::Ndjson)),
            false => None,
            true => Some(Err(
                "it begins like JSON and is not: an object is never closed, or is not an object; name the format with --format-in".to_owned(),
            )),
        };
    }
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
        let format = if csv::names_columns(sample) {
            InputFormat::Csv
        } else {
            InputFormat::List
        };
        return is_all.then_some(Ok(format));
    }
    // An empty answer.
    if is_all && values.lines == 0 && begins_array(sample) {
        return Some(Ok(InputFormat::Ndjson));
    }
    // Cells of a table may be quoted.
    if values.has_texts() && begins_array(sample) {
        return Some(Ok(InputFormat::Ndjson));
    }
    if lines.iter().all(|line| is_entry(line, options.spelling)) {
        return Some(Ok(InputFormat::List));
    }
    if csv::is_likely(sample, options.delimiter) {
        return Some(Ok(InputFormat::Csv));
    }
    let entries = lines.iter().filter(|line| looks_like_entry(line)).count();
    if entries * 2 >= lines.len() {
        return Some(Ok(InputFormat::List));
    }
    Some(Ok(InputFormat::Text))
}

/// Whether most lines have an object after a prefix.
pub(super) fn are_prefixed(sample: &[u8]) -> bool {
    JsonKinds::of(sample).are_prefixed()
}

/// The kinds of the first JSON values of an input.
#[derive(Clone, Copy, Default)]
struct JsonKinds {
    has_events: bool,
    objects: usize,
    /// Texts that are addresses.
    texts: usize,
    /// Lines with an object after a prefix, and all lines.
    prefixed: usize,
    prefixed_events: usize,
    lines: usize,
}

impl JsonKinds {
    fn of(sample: &[u8]) -> Self {
        let values = ValueSplitter::new(false);
        let (mut rest, mut found) = (sample, Self::default());
        for _ in 0..SAMPLE {
            let length = match values.end_of_record(rest, SAMPLE_BYTES) {
                RecordEnd::Whole { length, .. } | RecordEnd::Unclosed { first: length } => length,
                RecordEnd::Open { .. } | RecordEnd::TooLong { .. } => break,
            };
            let Some((value, after)) = rest.split_at_checked(length).filter(|_| length > 0) else {
                break;
            };
            rest = after;
            let (before, _) = ValueSplitter::before_value(value);
            let value = trimmed(value.get(before..).unwrap_or_default());
            let is_event = json::is_event(value);
            let is_bare = value.starts_with(b"{");
            found.has_events |= is_event && is_bare;
            found.prefixed_events += usize::from(is_event && !is_bare);
            found.lines += usize::from(!value.is_empty());
            found.prefixed += usize::from(!is_bare && (is_event || json::is_prefixed(value)));
            match value.first() {
                Some(b'{') => {
                    let is_object = serde_json::from_slice::<IgnoredAny>(value).is_ok()
                        || json::is_lenient(value);
                    found.objects += usize::from(is_object);
                }
                Some(b'"') => {
                    let text = serde_json::from_slice::<String>(value);
                    let is_entry = text.is_ok_and(|text| looks_like_entry(text.as_bytes()));
                    found.texts += usize::from(is_entry);
                }
                _ => {}
            }
        }
        found
    }

    /// Whether values are texts that are addresses, and more than a single line of something else.
    const fn has_texts(self) -> bool {
        self.texts > 0 && self.texts * 2 >= self.lines
    }

    /// Whether most lines have an object after a prefix: a log with an occasional one is text.
    const fn are_prefixed(self) -> bool {
        self.prefixed > 0 && self.prefixed * 2 >= self.lines
    }

    const fn format(self) -> Option<InputFormat> {
        let are_prefixed = self.are_prefixed();
        let are_objects = self.objects > 0 && (self.objects + self.prefixed) * 2 >= self.lines;
        let has_events = self.has_events || (are_prefixed && self.prefixed_events > 0);
        match (has_events, are_objects || are_prefixed) {
            (true, _) => Some(InputFormat::Cowrie),
            (false, true) => Some(InputFormat::Ndjson),
            (false, false) => None,
        }
    }
}

/// Whether lines end with CR alone, except perhaps the last one.
fn has_lone_cr_lines(sample: &[u8]) -> bool {
    let is_lone = |at: &usize| sample.get(at + 1) != Some(&b'\n');
    memchr::memchr_iter(b'\n', sample).count() <= 1
        && memchr::memchr_iter(b'\r', sample).filter(is_lone).count() >= 2
}

fn begins_array(sample: &[u8]) -> bool {
    sample.trim_ascii_start().starts_with(b"[")
}

/// Whether `sample` has as many lines as are examined: the output of a program that writes piece by piece is recognised
/// by fewer.
pub(super) fn has_enough_lines(sample: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', sample).count() >= 2 * SAMPLE
}

/// Whether `sample` begins with an incomplete object.
fn begins_open_object(sample: &[u8]) -> bool {
    let (before, _) = ValueSplitter::before_value(sample);
    let rest = sample.get(before..).unwrap_or_default();
    rest.starts_with(b"{")
        && rest
            .get(1..)
            .is_some_and(|rest| matches!(trimmed(rest), [] | [b'"', ..]))
        && matches!(
            ValueSplitter::new(false).end_of_record(rest, SAMPLE_BYTES),
            RecordEnd::Open { .. } | RecordEnd::TooLong { .. }
        )
}

/// Whether `sample` is not text: binary data is full of control characters.
fn is_binary(sample: &[u8]) -> bool {
    let is_control =
        |byte: &&u8| matches!(byte, 0x01..=0x08 | 0x0e..=0x1a | 0x1c | 0x1d | 0x1f | 0x7f);
    let controls = sample.iter().filter(is_control).count();
    sample.len() >= 32 && controls * 20 > sample.len()
}

/// `line` without white space at its ends, and without zero bytes that a crash may leave there.
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

    fn recognised(sample: &str, is_all: bool) -> Option<InputFormat> {
        format(sample.as_bytes(), is_all, &InputOptions::default()).map(Result::unwrap)
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn formats_are_recognised() {
        for (sample, expected) in [
            ("1.2.3.4\n5.6.7.8\n", InputFormat::List),
            ("# mine\n\n10.0.0.0/8 ; too\n", InputFormat::List),
            ("1.2.3.4.5\n256.1.1.1\nfe80::1%eth0\n", InputFormat::List),
            ("1[.]2[.]3[.]4\n", InputFormat::List),
            ("1.2.3.4 - 1.2.3.9\n", InputFormat::List),
            ("1.2.3.4 - - [10/Oct/2025] \"GET /\"\n", InputFormat::Text),
            ("hxxp://1[.]2[.]3[.]4/x\n", InputFormat::List),
            ("Oct 10 sshd: from 1.2.3.4, port 22\n", InputFormat::Text),
            ("", InputFormat::List),
            ("[]\n", InputFormat::Ndjson),
            ("1.2.3.4\n\"1.2.3.5\"\n1.2.3.6\n", InputFormat::List),
            ("1.2.3.4/31 ; SBL1\n1.2.4.4/31 ; SBL2\n", InputFormat::List),
            (
                "from 1.2.3.4\nfrom 1.2.3.5\n{\"ip\":\"1.2.3.4\"}\n",
                InputFormat::Text,
            ),
            ("sep=;\nsrc;dst\n1.2.3.4;5.6.7.8\n", InputFormat::Csv),
            (
                "#Version: 1.0\n#Fields: date time s-ip c-ip\n2025-03-01 10:00:00 10.0.0.1 1.2.3.4\n",
                InputFormat::Csv,
            ),
            (
                "version srcaddr dstaddr\n2 1.2.3.4 10.0.0.1\n2 1.2.3.5 10.0.0.1\n",
                InputFormat::Csv,
            ),
            (
                "\"first_seen\",\"dst_ip\"\n\"2025-03-01\",\"1.2.3.4\"\n# END\n",
                InputFormat::Csv,
            ),
            ("{\"ip\":\"1.2.3.4\"}\n", InputFormat::Ndjson),
            ("{\n  \"ip\": \"1.2.3.4\"\n}\n", InputFormat::Ndjson),
            ("[{\"ip\": \"1.2.3.4\"}]", InputFormat::Ndjson),
            ("[\"1.2.3.4\",\n\"::1\"]", InputFormat::Ndjson),
            ("\u{1e}{\"ip\":1}\n", InputFormat::Ndjson),
            ("{\"ip\":NaN}\n", InputFormat::Ndjson),
            (
                "# a banner\nhello\n{\"eventid\":\"cowrie.x\"}\n",
                InputFormat::Cowrie,
            ),
            (
                "2025-03-01 hp cowrie: {\"eventid\":\"cowrie.x\"}\n",
                InputFormat::Cowrie,
            ),
            ("{\"eventid\":\"KIPP0001\"}\n", InputFormat::Cowrie),
            (
                "2025-03-01 hp cowrie: { \"eventid\": \"cowrie.x\" }\n",
                InputFormat::Cowrie,
            ),
            (
                "h suricata[1]: {\"src_ip\":\"9.9.9.8\"}\n",
                InputFormat::Ndjson,
            ),
            ("1.2.3.4 POST {\"a\":1}\n5.6.7.8 GET /\n", InputFormat::Text),
            (
                "a sshd[1]: from 8.8.8.8\nb sshd[1]: x\nc sshd[1]: 9.9.9.9 sent {\"eventid\":\"cowrie.x\"}\n",
                InputFormat::Text,
            ),
            (
                "h CEF:0|V|P|1.0.0.5|1|S|5|src=8.8.8.1\nh CEF:0|V|P|1.0.0.5|1|S|5|src=8.8.8.2\n",
                InputFormat::Text,
            ),
            (
                "Mar  1 10:00:01 h app: a,8.8.8.1,x\nMar  1 10:00:02 h app: b,8.8.8.2,y\n",
                InputFormat::Text,
            ),
            (
                "{\"log\":\"{\\\"eventid\\\":\\\"cowrie.x\\\"}\\n\"}\n",
                InputFormat::Cowrie,
            ),
            (
                "#separator \\x09\n#fields\tts\tid.orig_h\n1\t1.2.3.4\n",
                InputFormat::Csv,
            ),
            ("Source IP;x\n-;1\n", InputFormat::Csv),
            (
                "\"src_ip\",\"when\"\n\"1.2.3.4\",\"2025-03-01\"\n",
                InputFormat::Csv,
            ),
            ("\"1.2.3.4\";\"x\"\n\"1.2.3.5\";\"y\"\n", InputFormat::Csv),
            ("\"1.2.3.4\"\n\"::1\"\n", InputFormat::List),
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
            assert_eq!(recognised(sample, true), Some(expected), "{sample}");
        }
        assert_eq!(recognised("# only a comment\n", false), None);
        assert_eq!(recognised("1.2.3.", false), None);
        assert_eq!(recognised("{\n  \"ip\":", false), None);
        let options = InputOptions::default();
        let noise: Vec<u8> = (0..=255).collect();
        assert!(format(&noise, true, &options).unwrap().is_err());
        assert!(
            format(b"a,ip\r1,1.0.0.1\r2,1.0.0.2\r\n", true, &options)
                .unwrap()
                .is_err()
        );
        assert!(format(b"{\"a\":\n", true, &options).unwrap().is_err());
    }
}
