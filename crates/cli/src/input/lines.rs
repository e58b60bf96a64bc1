//! Lines of an input, in one buffer of bounded size.

use std::io::{self, Read};
use std::ops::Range;

/// How much is read at a time, and what is looked at to recognise a format.
pub(super) const BLOCK: usize = 1 << 18;

/// What [`Lines::fetch`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// A line; it and what comes before it have this length, the line end included.
    Line(usize),
    /// More than the limit without a line end.
    TooLong,
    /// The input failed in the middle of a line; what there is has this length.
    Cut(usize),
    /// There is nothing more.
    End,
}

/// Lines of an input.
pub(super) struct Lines {
    input: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
    is_at_end: bool,
    failure: Option<io::Error>,
    /// Lines consumed.
    pub(super) number: u64,
    /// Bytes read.
    pub(super) bytes: u64,
}

impl Lines {
    pub(super) fn new(input: Box<dyn Read + Send>, limit: usize) -> Self {
        Self {
            input,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            limit,
            is_at_end: false,
            failure: None,
            number: 0,
            bytes: 0,
        }
    }

    /// Looks for the end of the line that begins `offset` bytes after the first byte not consumed.
    pub(super) fn fetch(&mut self, offset: usize) -> Fetched {
        let mut searched = offset;
        loop {
            let rest = self.buffer.get(self.start + searched..self.end);
            if let Some(found) = rest.and_then(|rest| memchr::memchr(b'\n', rest)) {
                let length = searched + found + 1;
                return if length > self.limit.saturating_add(1) {
                    Fetched::TooLong
                } else {
                    Fetched::Line(length)
                };
            }
            searched = self.end - self.start;
            if searched > self.limit {
                return Fetched::TooLong;
            }
            if self.is_at_end {
                return if searched == offset {
                    Fetched::End
                } else if self.failure.is_some() {
                    Fetched::Cut(searched)
                } else {
                    Fetched::Line(searched)
                };
            }
            self.fill();
        }
    }

    /// Consumes `length` bytes that [`fetch`](Self::fetch) found, which are `lines` lines. They can
    /// be had with [`at`](Self::at) until the next call of `fetch`.
    pub(super) fn consume(&mut self, length: usize, lines: u64) -> Range<usize> {
        let range = self.start..self.start + length;
        self.start = range.end;
        self.number += lines;
        range
    }

    /// Consumes the rest of a line that is too long to be held.
    pub(super) fn skip_line(&mut self) {
        self.number += 1;
        loop {
            let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', rest) {
                self.start += found + 1;
                return;
            }
            self.start = self.end;
            if self.is_at_end {
                return;
            }
            self.fill();
        }
    }

    pub(super) fn at(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// The first `length` bytes that are not consumed yet, from `offset` on.
    pub(super) fn ahead(&self, offset: usize, length: usize) -> &[u8] {
        self.at(self.start + offset..self.start + length)
    }

    /// Reads on until `is_enough` says so of all that is not consumed yet (it is also told whether
    /// there is nothing more to come), or a block is full.
    pub(super) fn look_ahead<T>(
        &mut self,
        is_enough: impl Fn(&[u8], bool) -> Option<T>,
    ) -> Option<T> {
        loop {
            let is_all = self.is_at_end || self.end - self.start >= BLOCK;
            let found = is_enough(self.at(self.start..self.end), is_all);
            if found.is_some() || is_all {
                return found;
            }
            self.fill();
        }
    }

    /// Why the input could not be read to its end, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn fill(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        match self.input.read(free) {
            Ok(0) => self.is_at_end = true,
            Ok(read) => {
                self.end += read;
                self.bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.is_at_end = true;
                self.failure = Some(explained(error));
            }
        }
    }
}

fn explained(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::new(
            error.kind(),
            "the compressed data is cut off before its end",
        )
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static str, limit: usize) -> Lines {
        Lines::new(Box::new(text.as_bytes()), limit)
    }

    #[test]
    fn a_line_of_the_limit_is_read_and_one_byte_more_is_not() {
        let mut lines = lines("12345\n123456\n12345", 5);
        assert_eq!(lines.fetch(0), Fetched::Line(6));
        lines.consume(6, 1);
        assert_eq!(lines.fetch(0), Fetched::TooLong);
        lines.skip_line();
        assert_eq!(lines.fetch(0), Fetched::Line(5));
        lines.consume(5, 1);
        assert_eq!(lines.fetch(0), Fetched::End);
        assert_eq!(lines.number, 3);
    }

    #[test]
    fn the_buffer_does_not_grow_with_a_line_that_is_skipped() {
        let long = io::repeat(b'x').take(64 << 20).chain(&b"\nend\n"[..]);
        let mut lines = Lines::new(Box::new(long), 1 << 20);
        assert_eq!(lines.fetch(0), Fetched::TooLong);
        lines.skip_line();
        assert_eq!(lines.fetch(0), Fetched::Line(4));
        assert!(lines.buffer.len() <= 4 << 20, "{}", lines.buffer.len());
    }
}
