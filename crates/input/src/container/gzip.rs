//! gzip (RFC 1952): consecutive members, and zero bytes after the last, as tapes and some tools leave them.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Reads all members.
pub(super) struct Gzip<R: BufRead>(GzipState<R>);

enum GzipState<R: BufRead> {
    Member(GzDecoder<R>),
    /// After a member.
    Between(R),
    Ended,
}

impl<R: BufRead> Gzip<R> {
    /// Reads `input`, which begins with a member.
    pub(super) fn new(input: R) -> Self {
        Self(GzipState::Member(GzDecoder::new(input)))
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.0, GzipState::Ended) {
                GzipState::Member(mut member) => {
                    let read = member.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.0 = GzipState::Member(member);
                        return Ok(read);
                    }
                    self.0 = GzipState::Between(member.into_inner());
                }
                GzipState::Between(mut input) => match next_byte(&mut input)? {
                    Some(0x1f) => self.0 = GzipState::Member(GzDecoder::new(input)),
                    Some(_) => return Err(trailing_data()),
                    None => {}
                },
                GzipState::Ended => return Ok(0),
            }
        }
    }
}

/// Returns the next byte that is not zero, without consuming it.
fn next_byte(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let there = input.fill_buf()?;
        if there.is_empty() {
            return Ok(None);
        }
        if let Some(&byte) = there.iter().find(|&&byte| byte != 0) {
            let zeros = there.iter().take_while(|&&byte| byte == 0).count();
            input.consume(zeros);
            return Ok(Some(byte));
        }
        let zeros = there.len();
        input.consume(zeros);
    }
}

fn trailing_data() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "there is trailing data after the compressed data, which is not read",
    )
}
