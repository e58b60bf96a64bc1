//! Opens a file, unpacks it, and detects its kind. The name is no guide: `latest-bview` may be plain or gzipped.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use ipcascade_core::resource_error::FileProblem;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BZIP2: &[u8] = b"BZh";
/// The length of an MRT header.
const HEAD: usize = 12;
/// Records of a dump have a few kilobytes.
const BUFFER: usize = 1 << 18;

/// The apparent kind of a file, after decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// MRT records, the first with this timestamp (seconds since 1970).
    Mrt(u32),
    /// Text, but neither a web page nor JSON.
    Lines,
    Empty,
    Unknown,
}

/// Opens and unpacks the file at `path`.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let (head, packed) = peek(BufReader::with_capacity(BUFFER, File::open(path)?))?;
    Ok(if head.starts_with(GZIP) {
        Box::new(buffered(flate2::bufread::MultiGzDecoder::new(packed)))
    } else if head.starts_with(BZIP2) {
        Box::new(buffered(bzip2::bufread::MultiBzDecoder::new(packed)))
    } else {
        Box::new(packed)
    })
}

/// Opens the file at `path`, and returns what it seems to be.
pub(crate) fn open_as(path: &Path) -> io::Result<(FileKind, impl BufRead + use<>)> {
    let (head, reader) = peek(open(path)?)?;
    Ok((kind(&head), reader))
}

fn buffered<R: Read>(unpacked: R) -> BufReader<UnpackedFile<R>> {
    BufReader::with_capacity(BUFFER, UnpackedFile(unpacked))
}

/// The content of a compressed file. A truncated file must not look like the end of the data, as errors of that kind do
/// to the MRT parser.
struct UnpackedFile<R>(R);

impl<R: Read> Read for UnpackedFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, "the packed file is cut off")
            }
            _ => error,
        })
    }
}

/// What is wrong with a file that cannot be read: with its packing, unless it is the disk.
pub(crate) fn problem(error: io::Error) -> FileProblem {
    match error.kind() {
        io::ErrorKind::InvalidData => FileProblem::incomplete(error.to_string()),
        _ => error.into(),
    }
}

/// Returns the first bytes, and a reader that still yields them.
fn peek<R: BufRead>(mut reader: R) -> io::Result<(Vec<u8>, impl BufRead + use<R>)> {
    let mut head = Vec::with_capacity(HEAD);
    let limit = u64::try_from(HEAD).unwrap_or(u64::MAX);
    reader.by_ref().take(limit).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(reader);
    Ok((head, whole))
}

fn kind(head: &[u8]) -> FileKind {
    match head {
        [] => FileKind::Empty,
        // The timestamp is followed by the type of the record, a 16-bit number below 256.
        &[a, b, c, d, 0, 1..=u8::MAX, ..] if head.len() == HEAD => {
            FileKind::Mrt(u32::from_be_bytes([a, b, c, d]))
        }
        [b'<' | b'{' | b'[', ..] => FileKind::Unknown,
        _ if head.contains(&0) => FileKind::Unknown,
        _ => FileKind::Lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_first_bytes() {
        assert_eq!(kind(b""), FileKind::Empty);
        let header = [0x68, 0, 0, 1, 0, 13, 0, 1, 0, 0, 0, 9];
        assert_eq!(kind(&header), FileKind::Mrt(0x6800_0001));
        assert_eq!(kind(b"; IP-ASN32-D"), FileKind::Lines);
        assert_eq!(kind(b"1.0.0.0/24\t1"), FileKind::Lines);
        for other in [
            &b"<!DOCTYPE ht"[..],
            b"{\"roas\":[]}",
            b"PYASN\x01\0\0\0\0\0\0",
            b"\0",
        ] {
            assert_eq!(kind(other), FileKind::Unknown, "{other:?}");
        }
    }
}
