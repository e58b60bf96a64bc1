//! Whether an input that is one list ends as a list does.

use crate::json::walk::{JsonWalk, WalkStep};
use crate::line_trim::trimmed;

/// What is known of the list that an input is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListEnd {
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Nothing has been read.
    #[default]
    Unknown,
    /// It is not one list.
    NotAList,
    /// It begins with a list that its first block does not close; with the last byte that is not white space.
    List { last: u8 },
}

impl ListEnd {
    /// Takes the next bytes of the input.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        let bytes = trimmed(bytes);
        let Some(&last) = bytes.last() else { return };
        self.state = match self.state {
            State::Unknown if is_open_list(bytes) => State::List { last },
            State::Unknown | State::NotAList => State::NotAList,
            State::List { .. } => State::List { last },
        };
    }

    /// Whether it lacks its end.
    pub(crate) const fn is_cut(self) -> bool {
        matches!(self.state, State::List { last } if last != b']')
    }
}

/// Whether `bytes`, which begin with what is not white space, begin with a list that they do not close.
fn is_open_list(bytes: &[u8]) -> bool {
    let mut walk = JsonWalk::default();
    bytes.first() == Some(&b'[')
        && bytes.iter().all(|&byte| match walk.step(byte) {
            WalkStep::Broken => false,
            WalkStep::Closed => !walk.is_outside(),
            WalkStep::On | WalkStep::Opened => true,
        })
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
            // Not JSON.
            (&["[{\"a\":1} {\"a\":2}"], false),
            (&[""], false),
        ] {
            let mut end = ListEnd::default();
            blocks.iter().for_each(|block| end.see(block.as_bytes()));
            assert_eq!(end.is_cut(), is_cut, "{blocks:?}");
        }
    }
}
