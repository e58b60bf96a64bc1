//! Where values end.

use crate::json::ValueSplitter;
use crate::record_end::RecordEnd;

fn split(text: &str, are_lines: bool) -> Vec<String> {
    let values = ValueSplitter::new(are_lines);
    let (mut rest, mut all) = (text.as_bytes(), Vec::new());
    while !rest.is_empty() {
        let (length, mark) = match values.end_of_record(rest, 1000) {
            RecordEnd::Whole { length, lines } => (length, lines.to_string()),
            RecordEnd::Open { first } => (first, "open".to_owned()),
            RecordEnd::Unclosed { first } | RecordEnd::TooLong { first } => {
                (first, "broken".to_owned())
            }
        };
        let value = String::from_utf8_lossy(&rest[..length]);
        all.push(format!("{mark} {}", value.escape_debug()));
        rest = &rest[length..];
    }
    all
}

/// Found by fuzzing: with less text, it was not known whether the string ends.
#[test]
fn a_string_does_not_go_on_after_an_escaped_line_end() {
    for are_lines in [true, false] {
        let values = split("{\"a\":\"b\\\n\"}\n{}\n", are_lines);
        assert!(values[0].starts_with("broken "), "{values:?}");
        assert_eq!(values[2], "1 {}\\n", "{values:?}");
    }
}

#[test]
fn values_are_split_however_they_are_laid_out() {
    for are_lines in [true, false] {
        for (text, expected) in [
            (
                "{\"a\":1}\n{\"b\":2}",
                &[
                    "1 {\\\"a\\\":1}\\n",
                    if are_lines {
                        "1 {\\\"b\\\":2}"
                    } else {
                        "0 {\\\"b\\\":2}"
                    },
                ][..],
            ),
            (
                "{\"a\":1}{\"b\":2}\n",
                &["0 {\\\"a\\\":1}", "1 {\\\"b\\\":2}\\n"],
            ),
            ("{\n \"a\": {}\n}\n", &["3 {\\n \\\"a\\\": {}\\n}\\n"]),
            ("[{},{}]\n", &["0 [{}", "0 ,{}", "1 ]\\n"]),
            (
                "\u{1e}{}\n\u{1e}{}\n",
                &["1 \\u{1e}{}\\n", "1 \\u{1e}{}\\n"],
            ),
            (
                "{\"a\":\"b\n{}\n",
                &["broken {\\\"a\\\":\\\"b\\n", "1 {}\\n"],
            ),
            (
                "{\"a\":1,\n{\"b\":2}\n",
                &["broken {\\\"a\\\":1,\\n", "1 {\\\"b\\\":2}\\n"],
            ),
            ("text\n{}\n", &["1 text\\n", "1 {}\\n"]),
            (
                "[\"1.2.3.4\", \"::1\"]",
                &["0 [\\\"1.2.3.4\\\"", "0 , \\\"::1\\\"", "0 ]"],
            ),
            (
                "{\"a\":\"}{\\\\\"}\n",
                &["1 {\\\"a\\\":\\\"}{\\\\\\\\\\\"}\\n"],
            ),
            (
                "{\"a\":[{},{\"b\":[]}],",
                &["open {\\\"a\\\":[{},{\\\"b\\\":[]}],"],
            ),
        ] {
            assert_eq!(split(text, are_lines), expected, "{text}");
        }
    }
}
