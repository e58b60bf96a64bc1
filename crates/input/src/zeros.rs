//! Zero bytes, which a crash or a log truncated under its writer leaves behind: a run of them at the beginning of a line is
//! dropped, elsewhere one stays as a mark.

use std::io::{self, Read};

/// A stream without them.
pub(super) struct WithoutZeros<R> {
    input: R,
    /// The last byte that was read and kept.
    last: u8,
}

impl<R> WithoutZeros<R> {
    /// `input` from its beginning on.
    pub(super) const fn new(input: R) -> Self {
        Self { input, last: b'\n' }
    }
}

impl<R: Read> Read for WithoutZeros<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer)?;
            let new = buffer.get_mut(..read).unwrap_or_default();
            let kept = without_zeros(new, &mut self.last);
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Drops runs of zero bytes from `bytes`, except one within a line; returns how many bytes are left. `last` is the byte
/// before them, and becomes the last of them.
fn without_zeros(bytes: &mut [u8], last: &mut u8) -> usize {
    let Some(first) = memchr::memchr(0, bytes) else {
        *last = bytes.last().copied().unwrap_or(*last);
        return bytes.len();
    };
    if let Some(before) = first.checked_sub(1).and_then(|before| bytes.get(before)) {
        *last = *before;
    }
    let mut kept = first;
    for at in first..bytes.len() {
        let byte = bytes[at];
        if byte == 0 && matches!(*last, 0 | b'\n') {
            continue;
        }
        bytes[kept] = byte;
        *last = byte;
        kept += 1;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_bytes_are_passed_over() {
        for (text, expected) in [
            ("\0\0a\n\0\0\0b\n", "a\nb\n"),
            ("a\0\0\0b\n\0", "a\0b\n"),
            ("\0", ""),
        ] {
            for piece in 1..=text.len() {
                let mut last = b'\n';
                let mut kept = Vec::new();
                for bytes in text.as_bytes().chunks(piece) {
                    let mut bytes = bytes.to_vec();
                    let length = without_zeros(&mut bytes, &mut last);
                    kept.extend_from_slice(&bytes[..length]);
                }
                assert_eq!(kept, expected.as_bytes(), "{piece}");
            }
        }
    }
}
