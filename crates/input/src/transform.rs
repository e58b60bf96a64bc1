//! Inputs that are transformed before they are read.

use std::io::{self, Read};

use crate::container::ByteStream;

/// How much is read at a time.
const PIECE: usize = 1 << 16;

/// Transforms an input. It holds no more than its limit allows.
pub(super) trait Transform {
    /// Takes the next bytes, and appends their transformation to `ready`.
    fn take(&mut self, bytes: &[u8], ready: &mut Vec<u8>);

    /// Appends what was held back to `ready`: nothing more comes.
    fn finish(&mut self, ready: &mut Vec<u8>);
}

/// An input transformed by `C`.
pub(super) struct Changed<'r, C> {
    input: ByteStream<'r>,
    change: C,
    ready: Vec<u8>,
    at: usize,
    failure: Option<io::Error>,
}

impl<'r, C: Transform> Changed<'r, C> {
    pub(super) const fn new(input: ByteStream<'r>, change: C) -> Self {
        Self {
            input,
            change,
            ready: Vec::new(),
            at: 0,
            failure: None,
        }
    }
}

impl<C: Transform> Read for Changed<'_, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            self.ready.clear();
            self.at = 0;
            let mut piece = vec![0; PIECE];
            match self.input.read(&mut piece) {
                Ok(0) => {
                    self.change.finish(&mut self.ready);
                    break;
                }
                Ok(read) => {
                    let bytes = piece.get(..read).unwrap_or_default();
                    self.change.take(bytes, &mut self.ready);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                // What was read earlier is returned first.
                Err(error) => {
                    self.change.finish(&mut self.ready);
                    self.failure = Some(error);
                }
            }
        }
        let read = self.ready.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
pub(super) fn changed(text: &str, change: impl Transform) -> String {
    let mut read = String::new();
    let mut input = Changed::new(Box::new(text.as_bytes()), change);
    input.read_to_string(&mut read).unwrap();
    read
}
