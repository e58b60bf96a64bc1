//! Headers that programs put before what they pass on.

use crate::scan;
use crate::skipped_text::Skipped;
use crate::spelling::Spelling;

/// What precedes an object in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineHeader {
    /// The complete header of a program that passes lines on: everything after it was passed on.
    Known,
    /// Text without an address. If most lines are like that, it is a header too.
    Plain,
    /// Anything else. It may name the source of the line, and what follows it may have been typed by an attacker.
    Other,
}

impl LineHeader {
    pub(super) fn of(before: &[u8]) -> Self {
        let text = without_colours(&String::from_utf8_lossy(before));
        let trimmed = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if is_syslog(trimmed) || is_rfc_5424(trimmed) || is_of_containers(trimmed) {
            return Self::Known;
        }
        let is_apart = trimmed.len() < text.len() || trimmed.ends_with([':', '|']);
        // After the tag of a program comes its message.
        let has_tag = trimmed.contains(": ");
        let (mut addresses, mut skipped) = (Vec::new(), Skipped::default());
        scan::scan(
            trimmed.as_bytes(),
            Spelling::default(),
            &mut addresses,
            &mut skipped,
        );
        if is_apart && !has_tag && addresses.is_empty() && skipped.is_empty() {
            Self::Plain
        } else {
            Self::Other
        }
    }
}

/// `text` without the colours of a terminal (ECMA-48): `ESC [`, numbers, `m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        plain.push_str(after.strip_prefix('m').unwrap_or(part));
    }
    plain
}

/// `<34>Mar  1 10:00:00 host tag[1]:`, or with a time in RFC 3339 format (RFC 3164, and rsyslog's variant).
fn is_syslog(text: &str) -> bool {
    let text = text.strip_suffix(" @cee:").unwrap_or(text);
    let Some(text) = text.strip_suffix(':') else {
        return false;
    };
    let words: Vec<&str> = without_priority(text).split_whitespace().collect();
    match words.as_slice() {
        [month, day, time, host, tag] => {
            month.parse::<chrono::Month>().is_ok()
                && day.parse::<u8>().is_ok()
                && is_time_of_day(time)
                && is_name(host)
                && is_tag(tag)
        }
        [time, host, tag] => is_time(time) && is_name(host) && is_tag(tag),
        _ => false,
    }
}

/// `<134>1 2025-03-01T10:00:00Z host app 812 - [id@1 name="value"]` (RFC 5424).
fn is_rfc_5424(text: &str) -> bool {
    let version = without_priority(text).strip_prefix("1 ");
    let Some(rest) = version.filter(|_| text.starts_with('<')) else {
        return false;
    };
    let mut words = rest.splitn(6, ' ');
    let mut next = || words.next().unwrap_or_default();
    let (time, host, app, process, message) = (next(), next(), next(), next(), next());
    let data = next();
    (is_time(time) || time == "-")
        && [host, app, process, message].into_iter().all(is_name)
        && (data == "-" || is_structured_data(data))
}

/// `[id@1 name="value"][…]`, and nothing else.
fn is_structured_data(data: &str) -> bool {
    let (mut is_open, mut is_quoted, mut is_escaped) = (false, false, false);
    let fits = data.chars().all(|next| {
        match next {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' if is_open => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '[' if !is_open => is_open = true,
            ']' if is_open => is_open = false,
            _ => return is_open && next != '[',
        }
        true
    });
    fits && !is_open && !data.is_empty()
}

/// `name-1  | ` and `name-1  | 2025-03-01T10:00:00Z ` of docker compose, `[pod/name/container] ` of kubectl, and
/// `2025-03-01T10:00:00Z stdout F ` of CRI.
fn is_of_containers(text: &str) -> bool {
    if let Some((name, time)) = text.split_once('|') {
        let time = time.trim();
        return is_program(name.trim_end()) && (time.is_empty() || is_time(time));
    }
    if let Some(pod) = text.strip_prefix("[pod/") {
        return pod
            .strip_suffix(']')
            .is_some_and(|pod| pod.split('/').all(is_program));
    }
    let words: Vec<&str> = text.split(' ').collect();
    matches!(words.as_slice(), [time, "stdout" | "stderr", "F"] if is_time(time))
}

fn without_priority(text: &str) -> &str {
    let priority = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let priority = priority.filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    priority.map_or(text, |(_, rest)| rest)
}

/// The name of a program or a container, which is not an address.
fn is_program(text: &str) -> bool {
    is_name(text) && !text.contains(':') && text.parse::<std::net::IpAddr>().is_err()
}

/// A host, or a word of a header.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/%@".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// `cowrie`, `cowrie[812]`.
fn is_tag(text: &str) -> bool {
    let (name, process) = text.split_once('[').unwrap_or((text, "1]"));
    let process = process.strip_suffix(']').unwrap_or_default();
    name.split('/').all(is_program)
        && !process.is_empty()
        && process.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_time_of_day(text: &str) -> bool {
    text.len() >= 8
        && text.matches(':').count() == 2
        && text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, time)| {
        date.len() == 10 && date.starts_with("20") && time.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Headers of lines, where most lines have one.
pub(super) const OF_MOST: &[LineHeader] = &[LineHeader::Known, LineHeader::Plain];

/// Headers of lines, in any input.
pub(super) const OF_ANY: &[LineHeader] = &[LineHeader::Known];

/// The object or string in `line`, which may follow one of these headers.
pub(super) fn inside<'l>(line: &'l [u8], headers: &[LineHeader]) -> Option<&'l [u8]> {
    if line.first() == Some(&b'"') {
        return Some(line);
    }
    object_behind(line, headers)
}

/// The object that `line` is, or that follows one of these headers in it.
pub(super) fn object_behind<'l>(line: &'l [u8], headers: &[LineHeader]) -> Option<&'l [u8]> {
    // rsyslog's escape of a line end.
    let line = line.strip_suffix(b"#012").unwrap_or(line);
    if line.first()? == &b'{' {
        return Some(line);
    }
    // The prefix may contain braces, too.
    let at = memchr::memchr_iter(b'{', line).find(|&at| {
        let inside = line.get(at + 1..).unwrap_or_default();
        inside.trim_ascii_start().starts_with(b"\"")
    })?;
    let (before, object) = line.split_at_checked(at)?;
    (object.ends_with(b"}") && headers.contains(&LineHeader::of(before))).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_and_nothing_that_was_typed_is_one() {
        for before in [
            "Mar  1 10:00:00 hp1 cowrie[812]: ",
            "<34>Mar  1 10:00:00 10.0.0.9 cowrie: ",
            "2025-03-01T10:00:00+00:00 hp1 cowrie: @cee: ",
            "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - - ",
            "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - [a@1 b=\"c d\"] \u{feff}",
            "cowrie-1  | ",
            "\u{1b}[36mcowrie-1  | \u{1b}[0m",
            "cowrie-1  | 2025-03-01T10:00:00.1Z ",
            "[pod/cowrie-0/cowrie] ",
            "2025-03-01T10:00:00.1Z stdout F ",
        ] {
            assert_eq!(
                LineHeader::of(before.as_bytes()),
                LineHeader::Known,
                "{before}"
            );
        }
        for before in [
            "2025-03-01T10:00:00Z ",
            "2025-03-01T10:00:00Z\tcowrie\t",
            "2025-03-01T10:00:00Z {host=\"hp1\"} ",
            "app: ",
        ] {
            assert_eq!(
                LineHeader::of(before.as_bytes()),
                LineHeader::Plain,
                "{before}"
            );
        }
        for before in [
            "2025-03-01T10:00:02Z [HoneyPotSSHTransport,0,1.128.0.1] CMD: ",
            "Mar  1 10:00:00 mx postfix/smtpd[1]: warning: command from unknown[1.128.0.1]: ",
            "Mar  1 10:00:00 hp1 sshd[1]: Invalid user ",
            "1.128.0.1 - - [01/Mar/2025:10:00:00 +0000] \"GET /\" 200 ",
            "body=",
            "203.0.113.7 | ",
            "<134>1 2025-03-01T10:00:00Z hp1 web 812 - [m x=\"1\"] GET /login [203.0.113.7] ",
            "web-1  | \u{1b}[ 203.0.113.7 m",
            "Mar  1 10:00:00 fw 203.0.113.7: ",
            "Mar  1 10:00:00 fw 203.0.113.7:51234: ",
        ] {
            assert_eq!(
                LineHeader::of(before.as_bytes()),
                LineHeader::Other,
                "{before}"
            );
        }
    }
}
