//! Which bytes may be part of an address.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Part of an address: a hexadecimal digit, a dot or a colon.
    Part,
    /// Part of a word: no address is adjacent to it.
    Word,
    Other,
}

pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'.' | b':' => Class::Part,
            b'g'..=b'z' | b'G'..=b'Z' | b'_' => Class::Word,
            _ => Class::Other,
        };
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

pub(super) fn class(byte: Option<&u8>) -> Class {
    byte.and_then(|&byte| CLASSES.get(usize::from(byte)))
        .copied()
        .unwrap_or(Class::Other)
}
