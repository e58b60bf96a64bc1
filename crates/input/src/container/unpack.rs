//! Opens compressed files and archives, also nested.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek as _, SeekFrom};
use std::ops::ControlFlow;

use bzip2::bufread::MultiBzDecoder;
use ipcascade_core::clock::Timestamp;

#[cfg(feature = "archives")]
use crate::container::archive;
use crate::container::input::{
    BLOCK, ByteStream, FailOnce, Input, Take, buffered, refused, unreadable,
};
use crate::container::kind::{ContainerKind, Foreign, HEAD};
use crate::container::{gzip, kind, utf16};
#[cfg(feature = "archives")]
use crate::error::InputError;

/// The memory that unpacking xz may take, in KiB; what `xz -9` makes needs 65 MiB.
#[cfg(feature = "archives")]
const XZ_MEMORY: u32 = 256 << 10;
/// How deep containers may be nested.
const DEEPEST: usize = 8;

/// Unpacks `file`, last modified at `written`, and everything in it: an archive holds several inputs.
pub(crate) fn unpack_file(
    name: &str,
    mut file: File,
    written: Timestamp,
    take: &mut Take<'_>,
) -> ControlFlow<()> {
    // A named pipe cannot be read twice.
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return unpack(name, Input::with(file, written, false), take);
    }
    let read = |file: &mut File| {
        let head = Head::read(file, true)?.bytes;
        let kind = kind::of(&head);
        let is_mmdb = kind == ContainerKind::Plain && head.contains(&0) && kind::is_mmdb(file)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(if is_mmdb { kind::MMDB } else { kind })
    };
    match read(&mut file) {
        #[cfg(feature = "archives")]
        Ok(ContainerKind::Zip) => archive::unzip(name, file, written, &mut within(0, take)),
        Ok(ContainerKind::Foreign(Foreign { what, remedy })) => {
            take(name, Err(refused(name, what, remedy)))
        }
        Ok(_) => unpack(name, Input::whole(file, written), take),
        Err(error) => take(name, Err(unreadable(name, error))),
    }
}

/// Unpacks `input`, called `name` in messages, and everything in it.
pub(crate) fn unpack(name: &str, input: Input<'_>, take: &mut Take<'_>) -> ControlFlow<()> {
    unpack_at(name, input, 0, take)
}

fn unpack_at(name: &str, input: Input<'_>, depth: usize, take: &mut Take<'_>) -> ControlFlow<()> {
    let Input {
        mut bytes,
        written,
        is_whole,
    } = input;
    let head = match Head::read(&mut bytes, is_whole) {
        Ok(head) => head,
        Err(error) => return take(name, Err(unreadable(name, error))),
    };
    let kind = kind::of(&head.bytes);
    let whole = head.followed_by(bytes);
    if depth >= DEEPEST && !matches!(kind, ContainerKind::Plain) {
        let what = "packed more often than anything sensible is";
        return take(name, Err(refused(name, what, "unpack it first")));
    }
    let unpacked: io::Result<ByteStream<'_>> = match kind {
        ContainerKind::Plain => return take(name, Ok(Input::with(whole, written, is_whole))),
        ContainerKind::Foreign(Foreign { what, remedy }) => {
            return take(name, Err(refused(name, what, remedy)));
        }
        ContainerKind::Utf16(order) => {
            let text = utf16::Utf16::new(whole, order);
            return take(name, Ok(Input::with(text, written, is_whole)));
        }
        ContainerKind::Gzip => Ok(Box::new(gzip::Gzip::new(buffered(whole)))),
        ContainerKind::Bzip2 => Ok(Box::new(MultiBzDecoder::new(buffered(whole)))),
        ContainerKind::Zstd => zstd(buffered(whole)),
        #[cfg(feature = "archives")]
        ContainerKind::Xz => Ok(Box::new(lzma_rust2::XzReader::new_mem_limit(
            buffered(whole),
            true,
            XZ_MEMORY,
        ))),
        #[cfg(feature = "archives")]
        ContainerKind::Lz4 => Ok(Box::new(archive::Lz4::new(buffered(whole)))),
        #[cfg(feature = "archives")]
        ContainerKind::Zip => {
            return archive::unzip_stream(name, Box::new(whole), written, &mut within(depth, take));
        }
        #[cfg(feature = "archives")]
        ContainerKind::Tar => {
            return archive::untar(
                name,
                Input::with(whole, written, is_whole),
                &mut within(depth, take),
            );
        }
        #[cfg(not(feature = "archives"))]
        ContainerKind::Xz | ContainerKind::Lz4 | ContainerKind::Zip | ContainerKind::Tar => {
            let Foreign { what, remedy } = kind.without_feature();
            return take(name, Err(refused(name, what, remedy)));
        }
    };
    match unpacked {
        Ok(unpacked) => {
            let unpacked = Input::with(unpacked, written, is_whole);
            unpack_at(name, unpacked, depth + 1, take)
        }
        Err(error) => take(name, Err(unreadable(name, error))),
    }
}

/// The first bytes of an input.
struct Head {
    bytes: Vec<u8>,
    /// Why nothing more could be read; what was read before that counts.
    failure: Option<io::Error>,
}

impl Head {
    /// Reads as much as is needed to recognise the kind. Unless the input is whole, that is everything that is already
    /// available, and more only if that is not enough: a program that has written a line waits for it to be read.
    fn read(input: &mut impl Read, is_whole: bool) -> io::Result<Self> {
        let mut bytes = vec![0; BLOCK];
        let mut length = 0;
        let failure = loop {
            let read = match input.read(bytes.get_mut(length..).unwrap_or_default()) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if length == 0 => return Err(error),
                Err(error) => break Some(error),
            };
            length += read;
            let seen = bytes.get(..length.min(HEAD)).unwrap_or_default();
            if read == 0 || length >= HEAD || (!is_whole && kind::is_enough(seen)) {
                break None;
            }
        };
        bytes.truncate(length);
        Ok(Self { bytes, failure })
    }

    /// The whole input again, of which `rest` is unread.
    fn followed_by<R: Read>(self, rest: R) -> impl Read {
        let Self { bytes, failure } = self;
        Cursor::new(bytes).chain(FailOnce(failure)).chain(rest)
    }
}

#[cfg(feature = "zstd")]
fn zstd<'r>(input: impl BufRead + 'r) -> io::Result<ByteStream<'r>> {
    Ok(Box::new(zstd::stream::read::Decoder::with_buffer(input)?))
}

#[cfg(not(feature = "zstd"))]
fn zstd<'r>(_: impl BufRead + 'r) -> io::Result<ByteStream<'r>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "it is compressed with zstd, which this program was built without (feature `zstd`); use `zstdcat FILE | ipcascade …`",
    ))
}

/// Takes the members of an archive: they may be compressed themselves.
#[cfg(feature = "archives")]
fn within<'t>(
    depth: usize,
    take: &'t mut Take<'_>,
) -> impl FnMut(&str, Result<Input<'_>, InputError>) -> ControlFlow<()> + 't {
    move |name, member| match member {
        Ok(member) => unpack_at(name, member, depth + 1, take),
        Err(error) => take(name, Err(error)),
    }
}
