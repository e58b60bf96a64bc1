//! The data of the program, as something that feeds are written to.

use std::io::{self, BufWriter, Write};

use crate::output::Output;

/// What is written at once.
const CHUNK: usize = 256 * 1024;

/// Where a feed goes.
pub(super) struct Data<'o>(BufWriter<Unbuffered<'o>>);

struct Unbuffered<'o>(&'o Output);

impl<'o> Data<'o> {
    pub(super) fn of(output: &'o Output) -> Self {
        Self(BufWriter::with_capacity(CHUNK, Unbuffered(output)))
    }
}

impl Write for Data<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Write for Unbuffered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
