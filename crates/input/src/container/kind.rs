//! Recognises a container by its first bytes.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use crate::container::utf16::ByteOrder;

/// How many bytes are examined: a tar header.
pub(super) const HEAD: usize = 512;
/// Fewer suffice for everything that is not full of zero bytes.
const FEW: usize = 16;
/// The size of the end of an MMDB file in which its metadata begins, and how the metadata begins (its specification,
/// "Database Metadata").
const MMDB_END: u64 = 128 << 10;
const MMDB_MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// The kind of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContainerKind {
    /// Records.
    Plain,
    Gzip,
    Bzip2,
    Zstd,
    Xz,
    Lz4,
    Zip,
    Tar,
    Utf16(ByteOrder),
    /// A format that is not read.
    Foreign(Foreign),
}

pub(super) const MMDB: ContainerKind = foreign(
    "an MMDB file, which is a database to look addresses up in",
    "name it with --mmdb",
);

/// What a format that is not read is, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
}

const fn foreign(what: &'static str, remedy: &'static str) -> ContainerKind {
    ContainerKind::Foreign(Foreign { what, remedy })
}

#[cfg(not(feature = "archives"))]
impl ContainerKind {
    /// Why it is not read.
    pub(super) const fn without_feature(self) -> Foreign {
        let (what, remedy) = match self {
            Self::Xz => (
                "xz-compressed, which this program was built without (feature `archives`)",
                "use `xzcat FILE | ipcascade … -`",
            ),
            Self::Lz4 => (
                "lz4-compressed, which this program was built without (feature `archives`)",
                "use `lz4cat FILE | ipcascade … -`",
            ),
            Self::Zip => (
                "a zip archive, which this program was built without (feature `archives`)",
                "use `unzip -p FILE | ipcascade … -`",
            ),
            _ => (
                "a tar archive, which this program was built without (feature `archives`)",
                "use `tar -xOf FILE | ipcascade … -`",
            ),
        };
        Foreign { what, remedy }
    }
}

/// Where tar headers have `ustar` (POSIX.1-1988).
const TAR_MAGIC_AT: usize = 257;

/// The kinds with a magic number, longer ones before shorter ones.
const MAGIC: &[(&[u8], ContainerKind)] = &[
    (b"\x1f\x8b", ContainerKind::Gzip),
    (b"\x28\xb5\x2f\xfd", ContainerKind::Zstd),
    (b"\xfd7zXZ\0", ContainerKind::Xz),
    (b"\x04\x22\x4d\x18", ContainerKind::Lz4),
    (b"PK\x03\x04", ContainerKind::Zip),
    (b"PK\x05\x06", ContainerKind::Zip),
    (b"\xff\xfe", ContainerKind::Utf16(ByteOrder::Little)),
    (b"\xfe\xff", ContainerKind::Utf16(ByteOrder::Big)),
    (b"\xa1\xb2\xc3\xd4", PCAP),
    (b"\xd4\xc3\xb2\xa1", PCAP),
    (b"\xa1\xb2\x3c\x4d", PCAP),
    (b"\x4d\x3c\xb2\xa1", PCAP),
    (
        b"\x0a\x0d\x0d\x0a",
        foreign(
            "a packet capture (pcapng)",
            "write its addresses out first, as with `tshark -T fields -e ip.src -r FILE`",
        ),
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        foreign(
            "a 7z archive",
            "unpack it first, as with `7z x -so FILE | ipcascade … -`",
        ),
    ),
    (b"Rar!\x1a\x07", foreign("a RAR archive", "unpack it first")),
    (
        b"LZIP",
        foreign("lzip-compressed", "use `lzip -dc FILE | ipcascade … -`"),
    ),
    (
        b"\x89LZO",
        foreign("lzop-compressed", "use `lzop -dc FILE | ipcascade … -`"),
    ),
    (
        b"\x5d\x00\x00",
        foreign(
            "lzma-compressed (the old form)",
            "use `xzcat FILE | ipcascade … -`",
        ),
    ),
    (
        b"\x1f\x9d",
        foreign(
            "compressed by `compress`",
            "use `zcat FILE | ipcascade … -`",
        ),
    ),
    (
        b"\xff\x06\x00\x00sNaPpY",
        foreign("snappy-compressed", "unpack it first"),
    ),
    (
        b"\x02\x21\x4c\x18",
        foreign(
            "lz4-compressed in the legacy form",
            "use `lz4cat FILE | ipcascade … -`",
        ),
    ),
    (
        b"PAR1",
        foreign(
            "a Parquet file",
            "write it as CSV or NDJSON first, as with `duckdb -c \"COPY 'FILE' TO '/dev/stdout' (FORMAT csv)\"`",
        ),
    ),
    (
        b"ARROW1",
        foreign("an Arrow file", "write it as CSV or NDJSON first"),
    ),
    (
        b"Obj\x01",
        foreign(
            "an Avro file",
            "write it as NDJSON first, as with `avro-tools tojson FILE`",
        ),
    ),
    (
        b"ORC\n",
        foreign("an ORC file", "write it as CSV or NDJSON first"),
    ),
    (
        b"SQLite format 3\0",
        foreign(
            "an SQLite database",
            "name an inventory with --db, or write a table as CSV first",
        ),
    ),
    (
        b"PGDMP",
        foreign(
            "a dump of PostgreSQL",
            "restore it, and name the database with --db",
        ),
    ),
    (
        b"LPKSHHRH",
        foreign(
            "a journal of systemd",
            "use `journalctl --file FILE -o short-iso | ipcascade enrich --format-in text -`",
        ),
    ),
    (
        b"ElfFile\0",
        foreign(
            "an event log of Windows (evtx)",
            "write it as JSON first, as with `evtx_dump -o jsonl FILE`",
        ),
    ),
    (
        b"%PDF",
        foreign(
            "a PDF document",
            "take its text out first, as with `pdftotext FILE -`",
        ),
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        foreign(
            "a document of an old office program",
            "save it as CSV first",
        ),
    ),
    (
        b"\x7fELF",
        foreign("a program (ELF)", "name a log or a list"),
    ),
    (
        b"\x89PNG",
        foreign("a picture (PNG)", "name a log or a list"),
    ),
    (
        b"\xff\xd8\xff",
        foreign("a picture (JPEG)", "name a log or a list"),
    ),
    (b"GIF8", foreign("a picture (GIF)", "name a log or a list")),
];

const PCAP: ContainerKind = foreign(
    "a packet capture (pcap)",
    "write its addresses out first, as with `tshark -T fields -e ip.src -r FILE`",
);

/// Whether `head` suffices to recognise the kind.
pub(super) fn is_enough(head: &[u8]) -> bool {
    let is_known = MAGIC.iter().any(|(magic, _)| head.starts_with(magic));
    let has_line = head.contains(&b'\n');
    // Data full of zero bytes may be an archive.
    let is_text = !head.contains(&0) && (head.len() >= FEW || has_line);
    is_known || is_text || (has_line && ByteOrder::of_text(head).is_some())
}

/// The kind of an input that begins with `head`.
pub(super) fn of(head: &[u8]) -> ContainerKind {
    let known = MAGIC.iter().find(|(magic, _)| head.starts_with(magic));
    if let Some((_, kind)) = known {
        return *kind;
    }
    match head {
        // Some zstd tools begin with skippable frames.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => ContainerKind::Zstd,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => ContainerKind::Bzip2,
        _ if is_tar(head) => ContainerKind::Tar,
        _ if is_damaged_tar(head) => {
            foreign("a tar archive with a damaged header", "fetch it again")
        }
        _ => ByteOrder::of_text(head).map_or(ContainerKind::Plain, ContainerKind::Utf16),
    }
}

/// Whether `head` is a tar header: its checksum matches its other bytes (POSIX.1-1988).
fn is_tar(head: &[u8]) -> bool {
    let Some((header, checksum)) = head
        .get(..HEAD)
        .and_then(|header| Some((header, header.get(148..156)?)))
    else {
        return false;
    };
    let digits = checksum.iter().copied().skip_while(|byte| *byte == b' ');
    let digits: Vec<u8> = digits
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .collect();
    let stated = std::str::from_utf8(&digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 8).ok());
    let bytes = |range: std::ops::Range<usize>| header.get(range).into_iter().flatten();
    let sum: u32 = bytes(0..148)
        .chain(bytes(156..HEAD))
        .map(|&byte| u32::from(byte))
        .sum();
    header.first() != Some(&0) && stated == Some(sum + 8 * u32::from(b' '))
}

/// Whether `head` is a tar header whose checksum is wrong. Text may have the mark too, if a stranger has chosen it, but no zero
/// bytes before it.
fn is_damaged_tar(head: &[u8]) -> bool {
    let (before, rest) = head.split_at_checked(TAR_MAGIC_AT).unwrap_or_default();
    before.contains(&0) && rest.starts_with(b"ustar")
}

/// Whether `file` is an MMDB file, which has no magic number at its beginning.
pub(super) fn is_mmdb(file: &mut File) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MMDB_END)))?;
    let mut end = Vec::new();
    file.take(MMDB_END).read_to_end(&mut end)?;
    Ok(memchr::memmem::find(&end, MMDB_MARK).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain_whatever_it_begins_with() {
        for text in [
            "",
            "PK",
            "BZh1 is a file\n",
            "ORDER\n",
            "1.2.3.4\n",
            "7z",
            "{\"a\":1}",
            &format!("{}ustar 1.2.3.4\n", "x".repeat(TAR_MAGIC_AT)),
        ] {
            assert_eq!(of(text.as_bytes()), ContainerKind::Plain, "{text}");
        }
    }

    #[test]
    fn a_damaged_archive_is_not_text() {
        let mut header = vec![0; HEAD];
        header[..5].copy_from_slice(b"a.txt");
        header[148..156].copy_from_slice(b"0000001\0");
        header[257..263].copy_from_slice(b"ustar\0");
        header.extend_from_slice(b"1.2.3.4\n");
        assert!(matches!(of(&header), ContainerKind::Foreign(_)));
    }

    #[test]
    fn a_line_is_enough_and_zero_bytes_are_not() {
        assert!(is_enough(b"1.2.3.4\n"));
        assert!(!is_enough(b"1.2.3.4"));
        assert!(!is_enough(b"name\0\0\0\n"));
    }
}
