//! Inputs that are cut off: what precedes is read, and that more is missing is reported.

use crate::container::Input;
use crate::options::InputOptions;
use crate::reader::RecordReader;
use crate::tests::{explained, items, read};

#[test]
fn a_json_list_that_is_cut_off_is_not_whole() {
    for text in [
        "[{\"ip\":\"1.2.3.4\"},\n",
        "[{\"ip\":\"1.2.3.4\"}\n",
        "[\n{\"ip\":\"1.2.3.4\"},\n \n",
    ] {
        let found = read(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with(": 1.2.3.4"), "{found:?}");
        assert!(
            found[1].ends_with("the list is cut off before its end"),
            "{found:?}"
        );
    }
    for text in [
        "[{\"ip\":\"1.2.3.4\"}]\n",
        "[]\n{\"ip\":\"1.2.3.4\"}\n",
        "{\"ip\":\"1.2.3.4\"},\n",
    ] {
        assert_eq!(read(text).len(), 1, "{text}");
    }
}

#[test]
#[cfg(feature = "archives")]
fn lz4_that_is_cut_off_is_not_whole() {
    use std::io::Write as _;

    use lz4_flex::frame::{FrameEncoder, FrameInfo};

    for has_checksum in [true, false] {
        let info = FrameInfo::new().content_checksum(has_checksum);
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&b"1.2.3.4\n".repeat(20_000)).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(read(packed.clone()).len(), 20_000);
        assert_eq!(read([&*packed, &*packed].concat()).len(), 40_000);
        for length in [
            4,
            7,
            10,
            packed.len() / 2,
            packed.len() - 5,
            packed.len() - 8,
        ] {
            let found = read(&packed[..length]);
            let last = found.last().unwrap();
            assert!(last.contains("cut off before its end"), "{length}: {last}");
        }
    }
}

/// As from a download that broke off, piped in.
#[test]
fn a_list_from_a_pipe_is_not_whole_either() {
    let options = InputOptions::default();
    let pipe = Input::with(&b"[{\"ip\":\"1.2.3.4\"},\n"[..], options.now, false);
    let mut reader = RecordReader::new("pipe", pipe, &options).unwrap();
    let (found, error) = items(&mut reader).unwrap_err();
    assert_eq!(found, ["1: 1.2.3.4"]);
    assert!(explained(&error).ends_with("the list is cut off before its end"));
}
