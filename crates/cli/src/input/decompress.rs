//! Compression, recognised by what the input begins with.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

/// Enough of an input to recognise how it is compressed.
const MAGIC: u64 = 4;
const BLOCK: usize = 1 << 16;

/// `input` as it was before it was compressed, if it is.
///
/// # Errors
///
/// When its first bytes cannot be read.
pub(super) fn decompressed(mut input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    input.by_ref().take(MAGIC).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(input);
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(buffered(whole))),
        [b'B', b'Z', b'h', b'1'..=b'9'] => Box::new(MultiBzDecoder::new(buffered(whole))),
        // The second is a frame that is skipped, with which some tools begin.
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => zstd(buffered(whole))?,
        _ => Box::new(whole),
    })
}

#[cfg(feature = "zstd")]
fn zstd(input: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(zstd::stream::read::Decoder::with_buffer(input)?))
}

#[cfg(not(feature = "zstd"))]
fn zstd(_: impl BufRead) -> io::Result<Box<dyn Read + Send>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "it is compressed with zstd, which this program was built without (feature `zstd`); use `zstdcat FILE | ipcascade …`",
    ))
}

fn buffered(input: impl Read + Send + 'static) -> impl BufRead + Send + 'static {
    BufReader::with_capacity(BLOCK, input)
}
