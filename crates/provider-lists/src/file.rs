//! Opens a file, unpacks it, and computes its digest while reading.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::limited_read::LimitedRead;
use sha2::{Digest as _, Sha256};

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The magic numbers of other formats and encodings, which are refused.
const OTHERS: [(&[u8], &str); 5] = [
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ\0", "packed with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];
/// The largest file that is read, unpacked: some hundred million entries.
const LARGEST: u64 = 8 << 30;
/// The byte order mark that some programs write before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A file being read.
pub(crate) struct ListReader(UnpackedList);

enum UnpackedList {
    Plain(LimitedRead<Hashed>),
    Gzip(Box<LimitedRead<BufReader<MultiGzDecoder<Hashed>>>>),
}

/// The raw bytes of the file, hashed as they are read.
struct Hashed {
    file: BufReader<File>,
    digest: Sha256,
}

impl ListReader {
    /// Opens the file at `path`; also returns when it was modified.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Timestamp)> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        let written = Timestamp::from(metadata.modified()?);
        let mut file = BufReader::with_capacity(1 << 16, file);
        let first = file.fill_buf()?;
        let is_gzip = first.starts_with(&GZIP);
        if let Some((_, name)) = OTHERS.iter().find(|(mark, _)| first.starts_with(mark)) {
            return Err(io::Error::other(format!(
                "it is {name}: unpack it, or write it as UTF-8"
            )));
        }
        let hashed = Hashed {
            file,
            digest: Sha256::new(),
        };
        let unpacked = match is_gzip {
            true => {
                let unpacked = BufReader::new(MultiGzDecoder::new(hashed));
                UnpackedList::Gzip(Box::new(LimitedRead::new(unpacked, LARGEST)))
            }
            false => UnpackedList::Plain(LimitedRead::new(hashed, LARGEST)),
        };
        let mut reader = Self(unpacked);
        if reader.fill_buf()?.starts_with(&BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok((reader, written))
    }

    /// Returns the first byte that is not white space, without consuming it.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.fill_buf()?;
            let blank = buffer
                .iter()
                .take_while(|it| it.is_ascii_whitespace())
                .count();
            if let Some(&first) = buffer.get(blank) {
                return Ok(Some(first));
            }
            if buffer.is_empty() {
                return Ok(None);
            }
            self.consume(blank);
        }
    }

    /// The digest of what has been read.
    pub(crate) fn digest(self) -> [u8; 32] {
        let hashed = match self.0 {
            UnpackedList::Plain(reader) => reader.into_inner(),
            UnpackedList::Gzip(reader) => reader.into_inner().into_inner().into_inner(),
        };
        hashed.digest.finalize().into()
    }
}

impl Read for ListReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            UnpackedList::Plain(reader) => reader.read(buffer),
            UnpackedList::Gzip(reader) => reader.read(buffer),
        }
    }
}

impl BufRead for ListReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.0 {
            UnpackedList::Plain(reader) => reader.fill_buf(),
            UnpackedList::Gzip(reader) => reader.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            UnpackedList::Plain(reader) => reader.consume(amount),
            UnpackedList::Gzip(reader) => reader.consume(amount),
        }
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl BufRead for Hashed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let read = self.file.buffer().get(..amount).unwrap_or_default();
        self.digest.update(read);
        self.file.consume(amount);
    }
}
