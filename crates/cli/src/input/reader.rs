//! The reader of all formats.

use std::io::Read;
use std::sync::Arc;

use super::{InputError, InputFormat, InputOptions, InputSource, Item};

/// What a reader has read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Lines, blank and unreadable ones included.
    pub lines: u64,
    /// Records with at least one address.
    pub records: u64,
    /// Lines (or parts of them) that gave no record.
    pub unreadable: u64,
    /// Bytes, after decompression.
    pub bytes: u64,
}

/// Reads one input, record by record, in an amount of memory that does not depend on the input.
pub struct RecordReader {
    input: Arc<str>,
}

impl RecordReader {
    /// Opens `source` and recognises its compression and its format.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, is a directory, is text in UTF-16, or is CSV without a column of
    /// addresses.
    pub fn open(source: &InputSource, options: &InputOptions) -> Result<Self, InputError> {
        let _ = options;
        Ok(Self {
            input: source.to_string().into(),
        })
    }

    /// Reads `input`, to be called `name` in messages.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn new(
        name: &str,
        input: Box<dyn Read + Send>,
        options: &InputOptions,
    ) -> Result<Self, InputError> {
        let _ = (input, options);
        Ok(Self { input: name.into() })
    }

    /// The next record or unreadable line; `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// When the input cannot be read to its end. All before that place has been delivered; afterwards
    /// there is nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "records borrow from the reader"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, InputError> {
        Ok(None)
    }

    /// The name of the input.
    pub fn name(&self) -> &Arc<str> {
        &self.input
    }

    /// The format that is read.
    pub fn format(&self) -> InputFormat {
        InputFormat::List
    }

    /// The header of a CSV file that has one, as it was read, without the line end.
    pub fn header(&self) -> Option<&[u8]> {
        None
    }

    /// The delimiter of a CSV file.
    pub fn delimiter(&self) -> Option<u8> {
        None
    }

    /// What has been read so far.
    pub fn counts(&self) -> ReadCounts {
        ReadCounts::default()
    }
}
