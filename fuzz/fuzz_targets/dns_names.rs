//! Names of DNS: their presentation format is printable, and has all that is in the name.

#![no_main]

use hickory_resolver::proto::rr::Name;
use ipcascade_dns::presentation;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let labels: Vec<&[u8]> = data.split(|&byte| byte == 0).collect();
    let Ok(name) = Name::from_labels(labels.iter().copied().filter(|it| !it.is_empty())) else {
        return;
    };
    let shown = presentation(&name);
    assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()), "{shown}");
    let expected: Vec<Vec<u8>> = name.iter().map(<[u8]>::to_ascii_lowercase).collect();
    assert_eq!(labels_of(&shown), expected, "{shown}");
});

/// The labels of a name in presentation format (RFC 1035, section 5.1).
fn labels_of(shown: &str) -> Vec<Vec<u8>> {
    let mut labels: Vec<Vec<u8>> = Vec::new();
    let mut bytes = shown.bytes().peekable();
    while bytes.peek().is_some() {
        let mut label = Vec::new();
        while let Some(byte) = bytes.next() {
            match byte {
                b'.' => break,
                b'\\' => match bytes.next().expect("something is escaped") {
                    first if first.is_ascii_digit() => {
                        let digits = [first, bytes.next().unwrap(), bytes.next().unwrap()];
                        let digits = String::from_utf8(digits.to_vec()).unwrap();
                        label.push(digits.parse().unwrap());
                    }
                    escaped => label.push(escaped),
                },
                byte => label.push(byte),
            }
        }
        labels.push(label);
    }
    labels
}
