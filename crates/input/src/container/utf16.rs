//! Converts UTF-16 (RFC 2781), as Windows writes it, to UTF-8.

use std::io::{self, Read};

/// The byte order of a code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The byte order of text without a byte order mark, if it is UTF-16 with mostly ASCII characters.
    pub(super) fn of_text(head: &[u8]) -> Option<Self> {
        let (units, _) = head.as_chunks::<2>();
        // A run of zero bytes is not text.
        let is_text = |unit: &[u8; 2]| matches!(unit, [0, 0x09..0x7f] | [0x09..0x7f, 0]);
        if units.len() < 4
            || units.iter().filter(|unit| is_text(unit)).count() * 10 < units.len() * 9
        {
            return None;
        }
        let zeros = |place: usize| {
            units
                .iter()
                .filter(|unit| unit.get(place) == Some(&0))
                .count()
        };
        match (zeros(0), zeros(1)) {
            (0, _) => Some(Self::Little),
            (_, 0) => Some(Self::Big),
            _ => None,
        }
    }

    const fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// Text as UTF-8; invalid UTF-16 is replaced.
pub(super) struct Utf16<R> {
    input: R,
    order: ByteOrder,
    bytes: Vec<u8>,
    /// An incomplete character at the end.
    rest: Vec<u16>,
    text: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    /// Reads `input`.
    pub(super) const fn new(input: R, order: ByteOrder) -> Self {
        Self {
            input,
            order,
            bytes: Vec::new(),
            rest: Vec::new(),
            text: Vec::new(),
            given: 0,
        }
    }

    /// Reads on until there is some text; returns whether there is.
    fn fill(&mut self) -> io::Result<bool> {
        (self.given, self.text) = (0, Vec::new());
        while self.text.is_empty() {
            let before = self.bytes.len();
            self.bytes.resize(before + (1 << 14), 0);
            let read = match self
                .input
                .read(self.bytes.get_mut(before..).unwrap_or_default())
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.bytes.truncate(before);
                    continue;
                }
                read => read?,
            };
            self.bytes.truncate(before + read);
            if read == 0 && self.bytes.is_empty() && self.rest.is_empty() {
                return Ok(false);
            }
            let mut units = std::mem::take(&mut self.rest);
            let (whole, half) = self.bytes.as_chunks::<2>();
            units.extend(whole.iter().map(|&bytes| self.order.unit(bytes)));
            self.bytes = half.to_vec();
            let is_cut = units
                .last()
                .is_some_and(|unit| (0xd800..0xdc00).contains(unit));
            if read == 0 {
                // Half a code unit at the end is dropped.
                self.bytes.clear();
            } else if is_cut {
                self.rest.extend(units.pop());
            }
            self.text = String::from_utf16_lossy(&units).into_bytes();
        }
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() && !self.fill()? {
            return Ok(0);
        }
        let there = self.text.get(self.given..).unwrap_or_default();
        let length = there.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), there.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given += length;
        Ok(length)
    }
}
