//! An input in blocks of whole records, cut where a record ends, so that several threads can parse them at a time.

use std::io::{self, Read};
use std::mem;

use crate::block::{Block, UnreadLine};
use crate::container::{ByteStream, FailOnce, explained};
use crate::json::{JsonWalk, ValueSplitter, WalkStep};
use crate::record_end::{LineEnds, RecordEnd};
use crate::split::Splitter;
use crate::transform::{Changed, Transform};
use crate::zeros::WithoutZeros;

/// How much is read at a time.
const BLOCK: usize = 1 << 16;
/// How much is examined to recognise a format.
pub(super) const SAMPLE_BYTES: usize = 1 << 18;

/// Reads an input block by block, in an amount of memory that does not depend on the input.
///
/// Runs of zero bytes are dropped (see [`zeros`](crate::zeros)).
pub(super) struct Blocks<'r> {
    input: WithoutZeros<ByteStream<'r>>,
    /// What has been read; everything before `start` has been returned.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
    is_at_end: bool,
    failure: Option<io::Error>,
    /// The number of lines returned.
    lines: u64,
}

impl<'r> Blocks<'r> {
    /// Blocks of `input`, with lines of at most `limit` bytes.
    pub(super) fn new(input: ByteStream<'r>, limit: usize) -> Self {
        Self {
            input: WithoutZeros::new(input),
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            limit,
            is_at_end: false,
            failure: None,
            lines: 0,
        }
    }

    /// Returns the next block; `None` at the end of the input. Records are lines, or as `splitter` delimits them.
    ///
    /// What has been read is returned without waiting for more: the output of a program that writes piece by piece is
    /// read piece by piece.
    pub(super) fn next(&mut self, mut splitter: Option<&mut Splitter>) -> Option<Block> {
        loop {
            let whole = self.whole_lines();
            if splitter
                .as_deref_mut()
                .is_some_and(|splitter| self.is_too_long(splitter))
            {
                return Some(self.skip_object());
            }
            let cut = match &mut splitter {
                Some(splitter) => self.whole_records(whole, splitter),
                None => whole,
            };
            let cut = match &splitter {
                Some(splitter) if cut == 0 => {
                    splitter.whole_before_line_end(self.ahead(), self.limit)
                }
                _ => cut,
            };
            if cut > 0 {
                return Some(self.take_block(cut));
            }
            let length = self.end - self.start;
            if length > self.limit && whole == 0 {
                return Some(self.skip_line());
            }
            if self.is_at_end {
                self.start = self.end;
                return (length > 0).then(|| self.refuse(UnreadLine::Cut, 1));
            }
            self.fill();
        }
    }

    /// How much of the buffer is whole lines.
    fn whole_lines(&self) -> usize {
        if self.is_at_end && self.failure.is_none() {
            return self.end - self.start;
        }
        memchr::memrchr(b'\n', self.ahead()).map_or(0, |last| last + 1)
    }

    /// How much of that is whole records. A record that does not end within the limit counts as a line.
    fn whole_records(&self, whole_lines: usize, splitter: &mut Splitter) -> usize {
        let lines = self.ahead().get(..whole_lines).unwrap_or_default();
        if splitter.ends_with_lines(lines) {
            return whole_lines;
        }
        let before = splitter.before_record(self.ahead());
        let is_over = self.ahead().len() - before > self.limit.saturating_add(1);
        let mut line_ends = LineEnds::default();
        let mut done = 0;
        while done < lines.len() {
            match splitter.end_of_record(lines, &mut line_ends, done, self.limit) {
                RecordEnd::Whole { length, .. } | RecordEnd::Unclosed { first: length } => {
                    done += length;
                }
                RecordEnd::Open { first } if self.is_at_end => done += first,
                // Whether and where it ends may depend on the line that is still incomplete.
                RecordEnd::Open { .. } if done == 0 && is_over => {
                    let (ahead, mut line_ends) = (self.ahead(), LineEnds::default());
                    let end = splitter.end_of_record(ahead, &mut line_ends, 0, self.limit);
                    match end {
                        RecordEnd::Whole { length, .. } => done = length,
                        RecordEnd::Unclosed { first } | RecordEnd::Open { first } => done = first,
                        RecordEnd::TooLong { .. } => {}
                    }
                    break;
                }
                RecordEnd::Open { .. } | RecordEnd::TooLong { .. } => break,
            }
        }
        done
    }

    /// Whether the next record has several lines and exceeds the limit.
    fn is_too_long(&self, splitter: &mut Splitter) -> bool {
        let ahead = self.ahead();
        let end = |splitter: &mut Splitter| {
            splitter.end_of_record(ahead, &mut LineEnds::default(), 0, self.limit)
        };
        ahead.len() > self.limit && matches!(end(splitter), RecordEnd::TooLong { .. })
    }

    fn ahead(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Takes what precedes the records, such as a byte order mark or a header of `lines` lines.
    pub(super) fn take_head(&mut self, length: usize, lines: u64) -> Vec<u8> {
        let head = self.ahead().get(..length).unwrap_or_default().to_vec();
        self.start += head.len();
        self.lines += lines;
        head
    }

    /// Takes this many bytes, which are whole records, with the buffer around them.
    fn take_block(&mut self, length: usize) -> Block {
        let rest = self.buffer.get(self.start + length..self.end);
        let rest = rest.unwrap_or_default();
        let mut next = vec![0; BLOCK.max(rest.len().next_power_of_two())];
        if let Some(place) = next.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        let left = rest.len();
        let mut bytes = mem::replace(&mut self.buffer, next);
        bytes.truncate(self.start + length);
        bytes.drain(..self.start);
        (self.start, self.end) = (0, left);
        // A last line without a line end is a line too.
        let is_end = self.is_at_end && left == 0;
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64
            + u64::from(is_end && !bytes.ends_with(b"\n"));
        let block = Block {
            bytes,
            lines_before: self.lines,
            refused: None,
            // Half a line is dropped.
            is_last: self.is_at_end && !self.ahead().contains(&b'\n'),
        };
        self.lines += lines;
        block
    }

    /// Skips a line that is too long to be held.
    fn skip_line(&mut self) -> Block {
        loop {
            if let Some(found) = memchr::memchr(b'\n', self.ahead()) {
                self.start += found + 1;
                break;
            }
            self.start = self.end;
            if self.is_at_end {
                break;
            }
            self.fill();
        }
        self.refuse(UnreadLine::TooLong, 1)
    }

    /// Skips an object that is too long to be held, up to what cannot be part of it.
    fn skip_object(&mut self) -> Block {
        let (before, lines_before) = ValueSplitter::before_value(self.ahead());
        self.start += before;
        self.lines += lines_before;
        let mut lines = 0;
        let mut walk = JsonWalk::default();
        loop {
            let end = self.ahead().iter().position(|&byte| match walk.step(byte) {
                WalkStep::Closed => walk.is_outside(),
                WalkStep::Broken => true,
                WalkStep::On | WalkStep::Opened => {
                    lines += u64::from(byte == b'\n');
                    false
                }
            });
            if let Some(end) = end {
                // What cannot be part of it may begin the next one.
                self.start += end + usize::from(walk.is_outside());
                break;
            }
            self.start = self.end;
            if self.is_at_end {
                break;
            }
            self.fill();
        }
        self.refuse(UnreadLine::TooLong, lines)
    }

    const fn refuse(&mut self, refused: UnreadLine, lines: u64) -> Block {
        let lines_before = self.lines;
        self.lines += lines;
        Block {
            bytes: Vec::new(),
            lines_before,
            refused: Some(refused),
            is_last: false,
        }
    }

    /// Reads on until `is_enough` accepts what is in the buffer (it also learns whether more can come), or a sample is
    /// full.
    pub(super) fn look_ahead<T>(
        &mut self,
        mut is_enough: impl FnMut(&[u8], bool) -> Option<T>,
    ) -> Option<T> {
        loop {
            let is_all = self.is_at_end || self.end - self.start >= SAMPLE_BYTES;
            let found = is_enough(self.ahead(), is_all);
            if found.is_some() || is_all {
                return found;
            }
            self.fill();
        }
    }

    /// Blocks of the input as `change` transforms it.
    pub(super) fn changed(self, change: impl Transform + 'r) -> Self {
        let ahead = io::Cursor::new(self.ahead().to_vec());
        let failure = FailOnce(self.failure);
        let input = Box::new(ahead.chain(failure).chain(self.input));
        let input: ByteStream<'r> = Box::new(Changed::new(input, change));
        Self {
            lines: self.lines,
            ..Self::new(input, self.limit)
        }
    }

    /// How much memory the buffer takes.
    #[cfg(test)]
    pub(super) const fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// The number of lines returned.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Takes the reason why the input could not be read to its end.
    pub(super) const fn take_failure(&mut self) -> Option<io::Error> {
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
            Ok(read) => self.end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.is_at_end = true;
                self.failure = Some(explained(error));
            }
        }
    }
}
