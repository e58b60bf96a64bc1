//! Whether an input that is one list ends as a list does.

use crate::line_trim::trimmed;

/// What is known of the list that an input is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum ListEnd {
    /// Nothing but white space has been read.
    #[default]
    Before,
    /// It begins with a list that is not closed yet.
    Within(Nesting),
    /// It does not begin with a list, or with one that is closed, or not all of it was read.
    NotOpen,
}

/// How deep a place is in JSON: counted without looking at anything else, as every byte of a long list is passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Nesting {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl ListEnd {
    /// Takes the next bytes of the input.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if let Self::Before = self {
            bytes = trimmed(bytes);
            *self = match bytes.first() {
                None => Self::Before,
                Some(b'[') => Self::Within(Nesting::default()),
                Some(_) => Self::NotOpen,
            };
        }
        if let Self::Within(nesting) = self
            && nesting.is_left_within(bytes)
        {
            *self = Self::NotOpen;
        }
    }

    /// Takes note that a part of the input is not read: the end of the list may be in it.
    pub(crate) const fn miss(&mut self) {
        *self = Self::NotOpen;
    }

    /// Whether the list lacks its end.
    pub(crate) const fn is_cut(self) -> bool {
        matches!(self, Self::Within(_))
    }
}

impl Nesting {
    /// Whether everything that is open is closed somewhere in `bytes`.
    fn is_left_within(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((byte, rest)) = self.next_of_note(bytes) {
            bytes = rest;
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = !self.is_in_string,
                b'[' | b'{' => self.depth += 1,
                _ => self.depth = self.depth.saturating_sub(1),
            }
            if self.depth == 0 {
                return true;
            }
        }
        false
    }

    /// The next byte that changes anything, and what is behind it.
    fn next_of_note<'a>(&self, bytes: &'a [u8]) -> Option<(u8, &'a [u8])> {
        let at = match (self.is_escaped, self.is_in_string) {
            (true, _) => 0,
            (false, true) => memchr::memchr2(b'"', b'\\', bytes)?,
            (false, false) => {
                let is_of_note = |byte: &u8| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}');
                bytes.iter().position(is_of_note)?
            }
        };
        let (&byte, rest) = bytes.get(at..)?.split_first()?;
        Some((byte, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_that_is_never_closed_is_cut() {
        for (blocks, is_cut) in [
            (&["[{\"a\":1},\n"][..], true),
            (&["[{\"a\":1}\n"], true),
            (&["[\"a\",", "\"b\"\n", " \n"], true),
            (&["[{\"a\":1},", "{\"a\":2}]\n"], false),
            (&["[{\"a\":\"]\"}"], true),
            (&["[]\n", "{\"a\":1}\n"], false),
            (&["[]\n{\"a\":1}\n"], false),
            (&["{\"a\":1}\n"], false),
            (&["\n", "[1", "\n"], true),
            // Closed, and something else behind it.
            (&["[{\"a\":1},\n", "{\"a\":2}]\n", "more\n"], false),
            (&["[\"]\\", "\"]\n"], true),
            (&["[\"]\\", "\"\"]\n"], false),
            (&[""], false),
        ] {
            let mut end = ListEnd::default();
            blocks.iter().for_each(|block| end.see(block.as_bytes()));
            assert_eq!(end.is_cut(), is_cut, "{blocks:?}");
        }
    }
}
