//! The content of a file, mapped or read.

use std::sync::Arc;

use maxminddb::Mmap;

/// The content of a file.
pub(crate) enum FileBytes {
    Read(Vec<u8>),
    Mapped(Mmap),
}

/// The same, shared by the library and the search tree.
pub(crate) struct SharedBytes(Arc<FileBytes>);

impl SharedBytes {
    pub(crate) fn new(bytes: &Arc<FileBytes>) -> Self {
        Self(Arc::clone(bytes))
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
