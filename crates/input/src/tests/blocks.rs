//! Inputs read block by block.

use std::io::{self, Read};
use std::ops::ControlFlow;

use proptest::prelude::*;

use crate::block::UnreadLine;
use crate::block_cursor::BlockCursor;
use crate::blocks::Blocks;
use crate::container;
use crate::container::Input;
use crate::csv::FieldSplitter;
use crate::error::InputError;
use crate::options::{CsvColumn, InputFormat, InputOptions};
use crate::parser::Parser;
use crate::reader::RecordReader;
use crate::split::Splitter;
use crate::tests::{explained, items, shown};

/// Delivers its content in pieces of these sizes, over and over.
struct ReadInPieces {
    text: Vec<u8>,
    sizes: Vec<usize>,
    reads: usize,
}

impl Read for ReadInPieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.reads % self.sizes.len()].max(1);
        self.reads += 1;
        let size = size.min(buffer.len()).min(self.text.len());
        buffer[..size].copy_from_slice(&self.text[..size]);
        self.text.drain(..size);
        Ok(size)
    }
}

/// The records that the parsers of all blocks find, in the form of `items`.
fn parsed(reader: &mut RecordReader<'_>) -> Result<Vec<String>, (Vec<String>, InputError)> {
    let mut found = Vec::new();
    loop {
        let block = match reader.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => return Ok(found),
            Err(error) => return Err((found, error)),
        };
        let mut parser = Parser::new(reader.form());
        let mut cursor = BlockCursor::default();
        while let Some(record) = parser.next(&block, &mut cursor) {
            if let Some(original) = record.original {
                let there = &block.bytes()[original.offset..][..original.bytes.len()];
                assert_eq!(there, original.bytes);
            }
            found.extend(shown(record));
        }
    }
}

/// What was found, and at the end why the rest was not read.
fn with_failure(read: Result<Vec<String>, (Vec<String>, InputError)>) -> Vec<String> {
    read.unwrap_or_else(|(mut found, error)| {
        found.push(explained(&error));
        found
    })
}

/// Found by fuzzing: a file was recognised by what its first read had returned.
#[test]
fn a_container_is_recognised_wherever_reads_end() {
    let options = InputOptions::default();
    // The second unit that is not text makes it too many for UTF-16.
    let mut text = vec![0xff, 0xff];
    let units = "a 192.0.2.7 b\n198.51.\u{3031}\u{0}0.7\n".encode_utf16();
    text.extend(units.flat_map(u16::to_le_bytes));
    let read = |size: usize| {
        let pieces = ReadInPieces {
            text: text.clone(),
            sizes: vec![size],
            reads: 0,
        };
        let mut found = Vec::new();
        let ended = container::unpack(
            "input",
            Input::whole(pieces, options.now),
            &mut |_, bytes| {
                let reader = RecordReader::new("input", bytes.unwrap(), &options);
                found.extend(items(&mut reader.unwrap()).unwrap());
                ControlFlow::Continue(())
            },
        );
        assert!(ended.is_continue());
        found
    };
    let at_once = read(usize::MAX);
    for size in 1..text.len() {
        assert_eq!(read(size), at_once, "{size}");
    }
}

/// All records of a whole input, of which each read returns `size` octets.
fn in_pieces(text: &[u8], size: usize, options: &InputOptions) -> Vec<String> {
    let pieces = ReadInPieces {
        text: text.to_vec(),
        sizes: vec![size],
        reads: 0,
    };
    let reader = RecordReader::new("input", Input::whole(pieces, options.now), options);
    items(&mut reader.unwrap()).unwrap()
}

/// Found by fuzzing: what begins like a line of a container engine, except that its time is far too long.
#[test]
fn lines_of_an_engine_are_recognised_wherever_reads_end() {
    let options = InputOptions {
        format: Some(InputFormat::Text),
        ..InputOptions::default()
    };
    let text = format!("{}Z stdout P 1.2.3.4\n", "2".repeat(60));
    let read = |size| in_pieces(text.as_bytes(), size, &options);
    for size in 1..=text.len() {
        assert_eq!(read(size), ["1: 1.2.3.4"], "{size}");
    }
}

/// Found by fuzzing: without its zeros, the time of a line is shorter.
#[test]
fn zeros_in_the_lines_of_an_engine_are_passed_over_before_it_is_recognised() {
    let options = InputOptions {
        format: Some(InputFormat::Text),
        ..InputOptions::default()
    };
    let cri = "2025-03-01T10:00:00.1Z stdout P 1.2.3.4 ";
    let text = format!("{cri}\n2025-\0\0\0\0\0\0\0\0:00:00.1Z stdout F 5.6.7.8\n");
    let read = |size| in_pieces(text.as_bytes(), size, &options);
    let at_once = read(usize::MAX);
    assert_eq!(at_once.len(), 2);
    for size in 1..text.len() {
        assert_eq!(read(size), at_once, "{size}");
    }
}

fn part() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1.2.3.4,a\n",
        "5.6.7.8,\"b\"\r\n",
        "9.9.9.9,\"two\nlines\"\n",
        "8.8.8.8,\"\"\"q\"\"\n",
        "nonsense,x\n",
        "\n",
        " \t\n",
        "4.4.4.4,\"never closed\n",
        "3.3.3.3,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
        "2.2.2.2",
        "{\"ip\":\"1.1.1.1\"}\n",
        "{\"ip\":\"1.1.1.2\"}{\"ip\":\"1.1.1.3\"}\n",
        "{\n  \"ip\": \"1.1.1.4\",\n  \"a\": [{}]\n}\n",
        "[{\"ip\":\"1.1.1.5\"},\n",
        "{\"ip\":\"1.1.1.6\"}]\n",
        "]\n",
        "[]\n",
        "{\"ip\":\"1.1.1.7\",\n",
        "\0\0",
    ])
}

/// Found by fuzzing: whether values are lines was decided before the end of the first line was there.
#[test]
fn a_broken_value_is_reported_alike_wherever_reads_end() {
    let options = InputOptions {
        format: Some(InputFormat::Ndjson),
        ..InputOptions::default()
    };
    let text = "{\u{1c}hits\":{\"hits\":[{\"_source\":{\"ip\":\"1.1.1.1\"}\"ip\":\u{c}1.1.'10\u{10}.7\"}]}}\n";
    let read = |size| in_pieces(text.as_bytes(), size, &options);
    let at_once = read(usize::MAX);
    for size in 1..text.len() {
        assert_eq!(read(size), at_once, "{size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wherever_reads_end_the_same_is_found(
        parts in prop::collection::vec(part(), 0..30),
        sizes in prop::collection::vec(1..40_usize, 1..6),
        limit in prop::sample::select(vec![20, 40, 1000]),
        format in prop::sample::select(vec![
            InputFormat::Csv, InputFormat::List, InputFormat::Text, InputFormat::Ndjson,
        ]),
    ) {
        let options = InputOptions {
            format: Some(format),
            max_line_length: limit,
            delimiter: Some(b','),
            columns: vec![CsvColumn::Number(1)],
            no_header: true,
            ..InputOptions::default()
        };
        let text = parts.concat().into_bytes();
        let open = |sizes: &[usize]| {
            let pieces = ReadInPieces { text: text.clone(), sizes: sizes.to_vec(), reads: 0 };
            RecordReader::new("input", Input::whole(pieces, options.now), &options)
        };
        let at_once = [usize::MAX];
        let expected = with_failure(items(&mut open(&at_once).unwrap()));
        prop_assert_eq!(&with_failure(items(&mut open(&sizes).unwrap())), &expected);
        prop_assert_eq!(&with_failure(parsed(&mut open(&sizes).unwrap())), &expected);
        prop_assert_eq!(&with_failure(parsed(&mut open(&at_once).unwrap())), &expected);
    }
}

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
    assert!(blocks.capacity() <= 4 << 20, "{}", blocks.capacity());
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
