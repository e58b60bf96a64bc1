//! Joins lines that container engines have split into parts of 16 KiB.
//!
//! Docker's json-file ends the last part of a line with `\n`
//! (<https://docs.docker.com/engine/logging/drivers/json-file/>); CRI marks each as `P` or `F`
//! (<https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md>).

use std::mem;

use crate::transform::Transform;

/// How Docker's lines begin, also after another program has rewritten them.
const DOCKER: [&[u8]; 2] = [br#"{"log":""#, br#"{"log": ""#];
/// Lines of a container are split after this many bytes.
const PART: usize = 16 << 10;
/// The longest part of a line as it is written: each byte may be an escape of six, and there is more than the text.
const LONGEST_PART: usize = 6 * PART + (1 << 10);
/// The longest time before a line.
const LONGEST_TIME: usize = 40;
/// A line without a time, stream and tag in as many bytes is not CRI's.
const LONGEST_HEADER: usize = 64;

/// The engines that split lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContainerRuntime {
    Docker,
    Cri,
}

/// The engine that wrote the line that `text` begins with; `None` if more of it is needed to know.
pub(super) fn engine(text: &[u8], is_all: bool) -> Option<Option<ContainerRuntime>> {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if DOCKER.iter().any(|begin| line.starts_with(begin)) {
        return Some(Some(ContainerRuntime::Docker));
    }
    if LinePart::of_cri(line).is_some() {
        return Some(Some(ContainerRuntime::Cri));
    }
    let is_enough = is_all || line.len() < text.len() || line.len() > LONGEST_HEADER;
    is_enough.then_some(None)
}

/// A line of an engine.
struct LinePart<'t> {
    /// The stream of the container that it belongs to.
    stream: &'t [u8],
    /// What precedes the written text, the text, and what follows it.
    before: &'t [u8],
    written: &'t [u8],
    behind: &'t [u8],
    is_last: bool,
}

impl<'t> LinePart<'t> {
    fn of(engine: ContainerRuntime, line: &'t [u8]) -> Option<Self> {
        match engine {
            ContainerRuntime::Docker => Self::of_docker(line),
            ContainerRuntime::Cri => Self::of_cri(line),
        }
    }

    /// `{"log":"…\n","stream":"stdout","time":"…"}`
    fn of_docker(line: &'t [u8]) -> Option<Self> {
        let before = DOCKER.iter().find(|begin| line.starts_with(begin))?;
        let text = line.strip_prefix(*before)?;
        let mut end = 0;
        loop {
            end += memchr::memchr2(b'"', b'\\', text.get(end..)?)?;
            if text.get(end) == Some(&b'"') {
                break;
            }
            end += 2;
        }
        let (written, behind) = text.split_at_checked(end)?;
        let stream = behind
            .strip_prefix(br#"","stream":""#)
            .or_else(|| behind.strip_prefix(br#"", "stream": ""#))?;
        let stream = stream.get(..memchr::memchr(b'"', stream)?)?;
        matches!(stream, b"stdout" | b"stderr").then_some(Self {
            stream,
            before,
            // A shorter part was not split, but never ended.
            is_last: written.len() < PART || ends_line(written),
            written,
            behind,
        })
    }

    /// `2026-03-01T10:00:00.123456789Z stdout P …`
    fn of_cri(line: &'t [u8]) -> Option<Self> {
        let mut words = line.splitn(4, |&byte| byte == b' ');
        let (time, stream, tag) = (words.next()?, words.next()?, words.next()?);
        let written = words.next()?;
        let is_time = (20..=LONGEST_TIME).contains(&time.len())
            && time.first().is_some_and(u8::is_ascii_digit);
        let is_cri =
            is_time && matches!(stream, b"stdout" | b"stderr") && matches!(tag, b"P" | b"F");
        let (before, written) = line.split_at_checked(line.len() - written.len())?;
        is_cri.then_some(Self {
            stream,
            before,
            written,
            behind: b"",
            is_last: tag == b"F",
        })
    }
}

/// Whether a text ends with the escape of a line end, and not with a backslash and an `n`.
fn ends_line(written: &[u8]) -> bool {
    let Some(before) = written.strip_suffix(b"n") else {
        return false;
    };
    let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Joins the lines of an engine. Lines keep their numbers: parts leave empty lines.
pub(super) struct Whole {
    engine: ContainerRuntime,
    /// The maximum length of a line in bytes.
    limit: usize,
    /// The current line so far.
    line: Vec<u8>,
    /// Whether the current line is longer than the limit, and its beginning already passed on.
    is_passed_on: bool,
    /// Parts of lines, by stream.
    parts: Vec<(Vec<u8>, Vec<u8>)>,
    /// Streams whose line is too long: the rest of it is not a line.
    too_long: Vec<Vec<u8>>,
}

impl Whole {
    pub(super) const fn new(engine: ContainerRuntime, limit: usize) -> Self {
        Self {
            engine,
            limit,
            line: Vec::new(),
            is_passed_on: false,
            parts: Vec::new(),
            too_long: Vec::new(),
        }
    }

    /// Takes a line, with its line end if it has one.
    fn take_line(&mut self, line: &[u8], ready: &mut Vec<u8>) {
        let text = line.trim_ascii_end();
        let end = line.get(text.len()..).unwrap_or_default();
        let Some(part) = LinePart::of(self.engine, text) else {
            return ready.extend_from_slice(line);
        };
        if let Some(place) = self
            .too_long
            .iter()
            .position(|stream| stream == part.stream)
        {
            if part.is_last {
                self.too_long.swap_remove(place);
            }
            return ready.extend_from_slice(end);
        }
        let mut known = self.parts.iter();
        let known = known.position(|(stream, _)| stream == part.stream);
        let mut parts = known
            .map(|known| self.parts.swap_remove(known).1)
            .unwrap_or_default();
        let is_too_long = parts.len() + part.written.len() > self.limit;
        if is_too_long && !part.is_last {
            self.too_long.push(part.stream.to_vec());
        }
        if part.is_last || is_too_long {
            for piece in [part.before, &parts, part.written, part.behind, end] {
                ready.extend_from_slice(piece);
            }
        } else {
            parts.extend_from_slice(part.written);
            self.parts.push((part.stream.to_vec(), parts));
            ready.extend_from_slice(end);
        }
    }
}

impl Transform for Whole {
    fn take(&mut self, bytes: &[u8], ready: &mut Vec<u8>) {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let end = usize::from(line.ends_with(b"\n"));
            self.line.extend_from_slice(line);
            if self.is_passed_on || self.line.len() - end > self.limit.max(LONGEST_PART) {
                // No part, and too long to be read. Its rest is not a line.
                ready.append(&mut self.line);
                self.is_passed_on = end == 0;
            } else if end > 0 {
                let line = mem::take(&mut self.line);
                self.take_line(&line, ready);
            }
        }
    }

    /// Lines that never end are passed on as they are.
    fn finish(&mut self, ready: &mut Vec<u8>) {
        let line = mem::take(&mut self.line);
        self.take_line(&line, ready);
        for (stream, parts) in mem::take(&mut self.parts) {
            let (before, behind) = match self.engine {
                ContainerRuntime::Docker => (br#"{"log":""#.to_vec(), &br#""}"#[..]),
                ContainerRuntime::Cri => ([b"- ", stream.as_slice(), b" F "].concat(), &b""[..]),
            };
            for piece in [before.as_slice(), &parts, behind, b"\n"] {
                ready.extend_from_slice(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::changed;

    fn whole(engine: ContainerRuntime, text: &str) -> String {
        changed(text, Whole::new(engine, 1 << 20))
    }

    #[test]
    fn lines_that_were_cut_are_put_together() {
        let long = "x".repeat(PART);
        let docker = |log: &str, stream: &str| {
            format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"t\"}}\n")
        };
        let text = [
            docker(&long, "stdout"),
            docker("other\\n", "stderr"),
            docker(&long, "stdout"),
            docker("end\\n", "stdout"),
            docker("no end", "stdout"),
            "something else\n".to_owned(),
            docker(&long, "stdout"),
        ];
        let expected = [
            "\n".to_owned(),
            docker("other\\n", "stderr"),
            "\n".to_owned(),
            docker(&format!("{long}{long}end\\n"), "stdout"),
            docker("no end", "stdout"),
            "something else\n".to_owned(),
            format!("\n{{\"log\":\"{long}\"}}\n"),
        ];
        assert_eq!(
            whole(ContainerRuntime::Docker, &text.concat()),
            expected.concat()
        );
        assert_eq!(
            whole(
                ContainerRuntime::Cri,
                "2026-03-01T10:00:00.1Z stdout P {\"a\n2026-03-01T10:00:00.2Z stderr F x\n2026-03-01T10:00:00.3Z stdout F \":1}\n"
            ),
            "\n2026-03-01T10:00:00.2Z stderr F x\n2026-03-01T10:00:00.3Z stdout F {\"a\":1}\n"
        );
    }

    #[test]
    fn what_looks_like_the_end_of_a_line_is_not_and_a_line_that_is_too_long_is_one() {
        let backslash = format!("{}\\\\n", "x".repeat(PART));
        let docker = |log: &str| format!("{{\"log\":\"{log}\",\"stream\":\"stdout\"}}\n");
        assert_eq!(
            whole(
                ContainerRuntime::Docker,
                &(docker(&backslash) + &docker("y\\n"))
            ),
            format!("\n{}", docker(&format!("{backslash}y\\n")))
        );
        let cri = |tag: &str, log: &str| format!("2025-03-01T10:00:00.1Z stdout {tag} {log}\n");
        let long = "x".repeat(600_000);
        let text = [
            cri("P", &long),
            cri("P", &long),
            cri("P", "{\"forged\":1}"),
            cri("F", "{}"),
            cri("F", "next"),
        ];
        let read = whole(ContainerRuntime::Cri, &text.concat());
        let lines: Vec<&str> = read
            .lines()
            .map(|line| line.get(..40).unwrap_or(line))
            .collect();
        assert_eq!(lines.len(), 5);
        assert_eq!(
            &lines[2..],
            ["", "", "2025-03-01T10:00:00.1Z stdout F next"]
        );
    }

    fn cri(tag: &str, text: &str) -> String {
        format!("2025-03-01T10:00:00.1Z stdout {tag} {text}\n")
    }

    /// What is read with a limit of 40 bytes, in pieces of this size.
    fn with_a_low_limit(text: &str, size: usize) -> String {
        let mut whole = Whole::new(ContainerRuntime::Cri, 40);
        let mut read = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            whole.take(piece, &mut read);
        }
        whole.finish(&mut read);
        String::from_utf8(read).unwrap()
    }

    /// Found by fuzzing.
    #[test]
    fn the_rest_of_a_line_that_is_too_long_is_not_a_line() {
        let long = format!("{}{}", "x".repeat(LONGEST_PART), cri("P", "a"));
        let text = format!("{long}{}{}", cri("P", "a"), cri("F", "a"));
        let expected = format!("{long}\n{}", cri("F", "aa"));
        for size in [1, 7, 1000, LONGEST_PART, LONGEST_PART + 1, text.len()] {
            assert_eq!(with_a_low_limit(&text, size), expected, "{size}");
        }
    }

    #[test]
    fn the_rest_of_a_part_that_is_too_long_is_not_a_line() {
        let long = cri("P", &"x".repeat(50));
        let text = format!("{long}{}{}", cri("F", "forged"), cri("F", "next"));
        let expected = format!("{long}\n{}", cri("F", "next"));
        for size in 1..=text.len() {
            assert_eq!(with_a_low_limit(&text, size), expected, "{size}");
        }
    }

    #[test]
    fn engines_are_known_by_their_first_line() {
        for (text, expected) in [
            ("{\"log\":\"x", Some(Some(ContainerRuntime::Docker))),
            ("{\"a\":1}\n", Some(None)),
            ("{\"a", None),
            (
                "2026-03-01T10:00:00.1Z stdout P x",
                Some(Some(ContainerRuntime::Cri)),
            ),
            ("2026-03-01T10:00:00.1Z stdout x y\n", Some(None)),
        ] {
            assert_eq!(engine(text.as_bytes(), false), expected, "{text}");
        }
    }
}
