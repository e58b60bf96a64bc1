//! How far reading has come.

use std::fs::File;
use std::io::Seek as _;
use std::sync::{Arc, Mutex, PoisonError};

/// How far reading has come, in bytes of the files as they are, packed or not; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ReadBytes(Arc<Mutex<Place>>);

#[derive(Debug, Default)]
struct Place {
    /// The bytes of the files that are done.
    before: u64,
    /// The file that is read, under a handle of its own, whose position is that of the reader's, and its size.
    file: Option<(File, u64)>,
}

impl ReadBytes {
    /// `file`, of this size, is read next.
    pub(crate) fn begin(&self, file: &File, size: u64) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = place.file.take().map_or(0, |(_, size)| size);
        place.before += done;
        // Without a second handle its bytes count when it is done.
        place.file = file.try_clone().ok().map(|file| (file, size));
    }

    /// The bytes that are read.
    pub fn count(&self) -> u64 {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = place.before;
        let Some((file, size)) = &mut place.file else {
            return before;
        };
        before + file.stream_position().unwrap_or_default().min(*size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_place_in_each_file_counts_and_what_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, [0; 100]).unwrap();
        let read = ReadBytes::default();
        assert_eq!(read.count(), 0);
        let mut file = File::open(&path).unwrap();
        read.begin(&file, 100);
        file.read_exact(&mut [0; 30]).unwrap();
        assert_eq!(read.clone().count(), 30);
        read.begin(&File::open(&path).unwrap(), 100);
        assert_eq!(read.count(), 100);
    }
}
