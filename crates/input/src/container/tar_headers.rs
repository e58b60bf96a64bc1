//! A limit on the headers of a tar archive: a long name or a set of extended attributes is read into memory whole, and has
//! any length that the archive says (<https://www.gnu.org/software/tar/manual/html_node/Standard.html>).

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// How many bytes of headers may precede a member. Real names have less than 4 KiB.
const MOST: u64 = 1 << 20;
/// The size of the blocks of an archive.
const BLOCK: u64 = 512;

/// How far the archive may be read, in bytes from its beginning.
#[derive(Clone, Debug)]
pub(super) struct HeaderLimit(Rc<Cell<u64>>);

impl HeaderLimit {
    /// A limit for an archive from its beginning on.
    pub(super) fn new() -> Self {
        Self(Rc::new(Cell::new(MOST)))
    }

    /// Limits what precedes the next member, after this one.
    pub(super) fn after<R: Read>(&self, entry: &mut tar::Entry<'_, R>) {
        // The size of a sparse file is that of its content with the holes.
        let size = match entry.header().entry_type().is_gnu_sparse() {
            true => packed_size(entry),
            false => entry.size(),
        };
        let blocks = size.div_ceil(BLOCK).saturating_mul(BLOCK);
        let end = entry.raw_file_position().saturating_add(blocks);
        self.0.set(end.saturating_add(MOST));
    }

    /// The archive, of which no more is read than the limit allows.
    pub(super) const fn apply<R: Read>(self, archive: R) -> Limited<R> {
        Limited {
            archive,
            limit: self,
            read: 0,
        }
    }
}

/// The size of a sparse file in the archive.
fn packed_size<R: Read>(entry: &mut tar::Entry<'_, R>) -> u64 {
    let in_header = entry.header().entry_size().unwrap_or_default();
    let Ok(Some(extensions)) = entry.pax_extensions() else {
        return in_header;
    };
    let of_size = |extension: tar::PaxExtension<'_>| {
        (extension.key() == Ok("size")).then(|| extension.value().ok()?.parse().ok())?
    };
    let mut sizes = extensions.filter_map(|extension| of_size(extension.ok()?));
    sizes.next().unwrap_or(in_header)
}

/// An archive with a limit.
pub(super) struct Limited<R> {
    archive: R,
    limit: HeaderLimit,
    read: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.limit.0.get().saturating_sub(self.read);
        let length = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if length == 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "what precedes a member, as its name does, has more than 1 MiB; unpack it first",
            ));
        }
        let read = self
            .archive
            .read(buffer.get_mut(..length).unwrap_or_default())?;
        self.read += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }
}
