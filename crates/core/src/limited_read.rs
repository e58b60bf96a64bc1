//! A limit on what is read.

use std::io::{self, BufRead, Read};

/// A reader that fails, instead of ending, where what it reads is larger than allowed: a file that was cut must not pass
/// for a whole one, and a small compressed file must not fill the memory.
///
/// ```
/// use std::io::Read as _;
/// use ipcascade_core::limited_read::LimitedRead;
///
/// let mut text = String::new();
/// assert!(LimitedRead::new(&b"1234"[..], 4).read_to_string(&mut text).is_ok());
/// let error = LimitedRead::new(&b"12345"[..], 4).read_to_string(&mut text).unwrap_err();
/// assert!(error.to_string().contains("larger than"));
/// ```
#[derive(Debug)]
pub struct LimitedRead<R> {
    reader: R,
    limit: u64,
    left: u64,
}

impl<R> LimitedRead<R> {
    /// A reader of at most `limit` octets of `reader`.
    pub const fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            limit,
            left: limit,
        }
    }

    /// Returns the reader within.
    pub fn into_inner(self) -> R {
        self.reader
    }

    fn count(&mut self, read: usize) -> io::Result<()> {
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        match self.left.checked_sub(read) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it is larger than {} MiB, unpacked", self.limit >> 20),
            )),
        }
    }
}

impl<R: Read> Read for LimitedRead<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count(read)?;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for LimitedRead<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 && !self.reader.fill_buf()?.is_empty() {
            self.count(1)?;
        }
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left = self
            .left
            .saturating_sub(u64::try_from(amount).unwrap_or(u64::MAX));
        self.reader.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_an_error_where_there_is_more() {
        let text = b"ab\ncd\nef\n";
        let lines = LimitedRead::new(&text[..], 9).lines();
        assert_eq!(lines.map_while(Result::ok).count(), 3);
        let mut lines = LimitedRead::new(&text[..], 6).lines();
        assert_eq!(lines.by_ref().take(2).filter(Result::is_ok).count(), 2);
        let error = lines.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
