//! Archives, whose files are inputs of their own, and lz4.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek};
use std::ops::ControlFlow;

use chrono::NaiveDate;
use ipcascade_core::clock::Timestamp;
use lz4_flex::frame::FrameDecoder;
use zip::ZipArchive;

use crate::container::input::{ByteStream, Input, Take, refused, unreadable};
use crate::container::tar_headers::HeaderLimit;
use crate::error::InputError;

/// How many octets of a path in an archive are shown.
const LONGEST_PATH: usize = 1024;

/// Reads the files of a zip archive from a source that cannot seek.
pub(super) fn unzip_stream(
    name: &str,
    mut input: ByteStream<'_>,
    written: Timestamp,
    take: &mut Take<'_>,
) -> ControlFlow<()> {
    let mut copy = || {
        let mut file = tempfile::tempfile()?;
        io::copy(&mut input, &mut file)?;
        file.rewind()?;
        Ok(file)
    };
    match copy() {
        Ok(file) => unzip(name, file, written, take),
        Err(error) => take(name, Err(unreadable(name, error))),
    }
}

/// Reads the files in a zip archive.
pub(super) fn unzip(
    name: &str,
    file: File,
    written: Timestamp,
    take: &mut Take<'_>,
) -> ControlFlow<()> {
    let mut archive = match ZipArchive::new(io::BufReader::new(file)) {
        Ok(archive) => archive,
        Err(error) => return take(name, Err(zip_error(name, error))),
    };
    if archive
        .file_names()
        .flatten()
        .any(|name| name == "[Content_Types].xml")
    {
        return take(
            name,
            Err(refused(
                name,
                "a document of an office program",
                "save it as CSV first",
            )),
        );
    }
    let mut is_empty = true;
    for index in 0..archive.len() {
        let shown = archive.name_for_index(index).and_then(Result::ok);
        let shown = shown.map_or_else(|| index.to_string(), std::borrow::Cow::into_owned);
        let member = member_name(name, &shown);
        match archive.by_index(index) {
            Ok(file) if file.is_dir() => {}
            Ok(file) => {
                is_empty = false;
                let written = file.last_modified().and_then(time_of).unwrap_or(written);
                take(&member, Ok(Input::whole(file, written)))?;
            }
            Err(error) => {
                is_empty = false;
                take(&member, Err(zip_error(&member, error)))?;
            }
        }
    }
    if is_empty {
        return take(name, Err(without_files(name)));
    }
    ControlFlow::Continue(())
}

fn without_files(name: &str) -> InputError {
    refused(
        name,
        "an archive without any file in it",
        "name another one",
    )
}

/// What the file `path` of the archive `name` is called in messages.
fn member_name(name: &str, path: &str) -> String {
    let shown = &path[..path.floor_char_boundary(LONGEST_PATH)];
    let cut = if shown.len() < path.len() { "…" } else { "" };
    format!("{name}/{shown}{cut}")
}

/// A time of a zip archive, which has no zone: it may be a day off.
fn time_of(time: zip::DateTime) -> Option<Timestamp> {
    let (month, day) = (time.month().into(), time.day().into());
    let date = NaiveDate::from_ymd_opt(time.year().into(), month, day)?;
    let (hour, minute) = (time.hour().into(), time.minute().into());
    Some(date.and_hms_opt(hour, minute, 0)?.and_utc())
}

fn zip_error(name: &str, error: zip::result::ZipError) -> InputError {
    match error {
        zip::result::ZipError::UnsupportedArchive(what) => unreadable(
            name,
            io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{what}; unpack it first"),
            ),
        ),
        zip::result::ZipError::InvalidArchive(_) => unreadable(
            name,
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the zip archive is cut off or damaged; fetch it again",
            ),
        ),
        error => unreadable(name, error.into()),
    }
}

/// Why the next header cannot be read; the library has no kinds for that.
fn tar_error(error: io::Error) -> io::Error {
    let words = error.to_string();
    let is = |part: &str| words.contains(part);
    let reason = if is("unexpected EOF") || is("failed to read entire block") {
        "the archive is cut off before its end; fetch it again"
    } else if is("checksum mismatch") {
        "a header of the archive is damaged; fetch it again"
    } else {
        return error;
    };
    io::Error::new(error.kind(), reason)
}

/// Reads the files in a tar archive.
pub(super) fn untar(name: &str, input: Input<'_>, take: &mut Take<'_>) -> ControlFlow<()> {
    let limit = HeaderLimit::new();
    let mut archive = tar::Archive::new(limit.clone().apply(input.bytes));
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return take(name, Err(unreadable(name, error))),
    };
    let mut is_empty = true;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return take(name, Err(unreadable(name, tar_error(error)))),
        };
        limit.after(&mut entry);
        let kind = entry.header().entry_type();
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            continue;
        }
        is_empty = false;
        let member = member_name(name, &String::from_utf8_lossy(&entry.path_bytes()));
        if is_sparse_in_pax(&mut entry) {
            let what = "a sparse file in an archive of the form `--posix`";
            let remedy = "pack it with --format=gnu, or unpack it first";
            take(&member, Err(refused(&member, what, remedy)))?;
            continue;
        }
        let modified = entry.header().mtime().ok();
        let modified =
            modified.and_then(|seconds| Timestamp::from_timestamp(i64::try_from(seconds).ok()?, 0));
        let member_input = Input {
            bytes: Box::new(entry),
            written: modified.unwrap_or(input.written).min(input.written),
            is_whole: input.is_whole,
        };
        take(&member, Ok(member_input))?;
    }
    if is_empty {
        return take(name, Err(without_files(name)));
    }
    ControlFlow::Continue(())
}

/// Whether the data of a sparse file is preceded by its map
/// (<https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html>).
fn is_sparse_in_pax<R: Read>(entry: &mut tar::Entry<'_, R>) -> bool {
    let extensions = entry.pax_extensions().ok().flatten();
    extensions.is_some_and(|mut extensions| {
        let is_sparse =
            |extension: tar::PaxExtension<'_>| extension.key_bytes().starts_with(b"GNU.sparse.");
        extensions.any(|extension| extension.is_ok_and(is_sparse))
    })
}

/// Consecutive lz4 frames.
pub(super) struct Lz4<R: BufRead>(FrameDecoder<WithEnd<R>>);

impl<R: BufRead> Lz4<R> {
    pub(super) fn new(input: R) -> Self {
        Self(FrameDecoder::new(WithEnd {
            input,
            end: [1; END],
        }))
    }
}

/// The length of an end mark and a checksum
/// (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>).
const END: usize = 8;

/// Remembers the last bytes that were read: the decoder takes the end of its input for that of a frame.
struct WithEnd<R> {
    input: R,
    end: [u8; END],
}

impl<R: BufRead> WithEnd<R> {
    /// Whether a frame has ended: with a mark of four zero bytes, which a checksum may follow.
    fn has_end_mark(&self) -> bool {
        self.end.starts_with(&[0; 4]) || self.end.ends_with(&[0; 4])
    }
}

impl<R: BufRead> Read for WithEnd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let new = buffer.get(..read).unwrap_or_default();
        let new = new.get(read.saturating_sub(END)..).unwrap_or_default();
        self.end.rotate_left(new.len());
        for (kept, byte) in self.end.iter_mut().rev().zip(new.iter().rev()) {
            *kept = *byte;
        }
        Ok(read)
    }
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let input = self.0.get_mut();
            // The end of a frame is not the end of the input.
            if input.input.fill_buf()?.is_empty() {
                return match input.has_end_mark() {
                    true => Ok(0),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_where_a_character_ends() {
        assert_eq!(member_name("a.tar", "b/c"), "a.tar/b/c");
        let name = member_name("a.tar", &"€".repeat(1 << 20));
        assert_eq!(name, format!("a.tar/{}…", "€".repeat(LONGEST_PATH / 3)));
    }
}
