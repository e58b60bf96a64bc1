//! Blocks: what is in one, and what is not read.

use super::*;
use crate::csv::FieldSplitter;

fn blocks(text: &'static str, limit: usize) -> Blocks<'static> {
    Blocks::new(Box::new(text.as_bytes()), limit)
}

#[test]
fn a_line_that_does_not_fit_is_passed_over_and_counted() {
    let long = io::repeat(b'x').take(64 << 20).chain(&b"\nend\n"[..]);
    let mut blocks = Blocks::new(Box::new((&b"a\n"[..]).chain(long)), 1 << 20);
    assert_eq!(blocks.next(None).unwrap().bytes, b"a\n");
    let block = blocks.next(None).unwrap();
    assert_eq!(
        (block.lines_before, block.refused),
        (1, Some(UnreadLine::TooLong))
    );
    let block = blocks.next(None).unwrap();
    assert_eq!(
        (block.lines_before, block.bytes.as_slice()),
        (2, &b"end\n"[..])
    );
    assert!(blocks.next(None).is_none());
    assert_eq!(blocks.lines(), 3);
    assert!(blocks.buffer.len() <= 4 << 20, "{}", blocks.buffer.len());
}

#[test]
fn what_is_there_goes_out_before_more_is_read() {
    /// Returns one line at each read.
    struct Slow(u8);
    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            let line = format!("{}\nhalf", self.0);
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let mut blocks = Blocks::new(Box::new(Slow(0)), 1 << 20);
    assert_eq!(blocks.next(None).unwrap().bytes, b"1\n");
    assert_eq!(blocks.next(None).unwrap().bytes, b"half2\n");
}

#[test]
fn records_of_several_lines_stay_together() {
    let text = "a,\"1\n2\"\nb,2\nc,\"never\nd,4\n";
    for limit in [1000, 12] {
        let mut splitter = Splitter::Csv(Box::new(FieldSplitter::new(b',')));
        let mut blocks = blocks(text, limit);
        let mut all = Vec::new();
        while let Some(block) = blocks.next(Some(&mut splitter)) {
            all.extend(block.bytes);
        }
        assert_eq!(String::from_utf8(all).unwrap(), text);
    }
}
