//! Bytes that come piece by piece, as from a pipe.

use std::io::{self, Read};

/// Delivers bytes in pieces of these sizes, over and over.
pub struct Pieces<'b> {
    bytes: &'b [u8],
    sizes: [usize; 2],
    reads: usize,
}

impl<'b> Pieces<'b> {
    /// `bytes` in pieces of these sizes.
    pub fn new(bytes: &'b [u8], sizes: [usize; 2]) -> Self {
        Self {
            bytes,
            sizes,
            reads: 0,
        }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.reads % 2].max(1);
        self.reads += 1;
        let size = size.min(self.bytes.len());
        let (piece, rest) = self.bytes.split_at(size);
        let read = { piece }.read(buffer)?;
        self.bytes = if read == size {
            rest
        } else {
            &self.bytes[read..]
        };
        Ok(read)
    }
}
