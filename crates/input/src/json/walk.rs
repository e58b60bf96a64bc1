//! Walks through JSON of any length, in an amount of memory that does not depend on it.

/// The longest name that is kept.
const LONGEST_NAME: usize = 256;
/// How deep objects and lists may be nested.
const DEEPEST: usize = 128;

/// A walk through a value, byte by byte.
#[derive(Default)]
pub(crate) struct JsonWalk {
    /// The open containers: an object with its current name, or a list.
    open: Vec<Container>,
    string: Option<Vec<u8>>,
    is_escaped: bool,
    /// Whether a string would be a name.
    is_name_next: bool,
    /// The last significant byte.
    last: u8,
}

enum Container {
    Object(Vec<u8>),
    List,
}

/// The effect of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WalkStep {
    /// None: it is within something.
    On,
    /// It opens an object or a list.
    Opened,
    /// It closes one.
    Closed,
    /// It is not allowed there.
    Broken,
}

/// The length of the object that `text` begins with, up to what cannot be part of it; `None` if it continues after the
/// text.
pub(crate) fn length_of_object(text: &[u8]) -> Option<usize> {
    let mut walk = JsonWalk::default();
    let end = text.iter().position(|&byte| match walk.step(byte) {
        WalkStep::Closed => walk.is_outside(),
        WalkStep::Broken => true,
        WalkStep::On | WalkStep::Opened => false,
    })?;
    Some(end + usize::from(walk.is_outside()))
}

impl JsonWalk {
    /// Whether nothing is open.
    pub(crate) const fn is_outside(&self) -> bool {
        self.open.is_empty()
    }

    /// The number of open objects and lists.
    pub(super) const fn depth(&self) -> usize {
        self.open.len()
    }

    /// Advances by a byte.
    pub(crate) fn step(&mut self, byte: u8) -> WalkStep {
        let last = self.last;
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        if let Some(string) = &mut self.string {
            match byte {
                b'\n' => return WalkStep::Broken,
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    let text = self.string.take().unwrap_or_default();
                    if let (true, Some(Container::Object(name))) =
                        (self.is_name_next, self.open.last_mut())
                    {
                        *name = text;
                    }
                    self.is_name_next = false;
                    return WalkStep::On;
                }
                _ => {}
            }
            // Longer names are not looked for.
            if self.is_name_next && string.len() <= LONGEST_NAME {
                string.push(byte);
            }
            return WalkStep::On;
        }
        match byte {
            b'"' => self.string = Some(Vec::new()),
            b'{' | b'[' if self.open.len() == DEEPEST || !self.may_begin(last) => {
                return WalkStep::Broken;
            }
            b'{' => {
                self.open.push(Container::Object(Vec::new()));
                self.is_name_next = true;
                return WalkStep::Opened;
            }
            b'[' => {
                self.open.push(Container::List);
                self.is_name_next = false;
                return WalkStep::Opened;
            }
            b'}' | b']' => {
                return match (self.open.pop(), byte) {
                    (Some(Container::Object(_)), b'}') | (Some(Container::List), b']') => {
                        WalkStep::Closed
                    }
                    _ => WalkStep::Broken,
                };
            }
            b',' => self.is_name_next = matches!(self.open.last(), Some(Container::Object(_))),
            _ => {}
        }
        WalkStep::On
    }

    /// Whether an object or a list may begin after this byte: otherwise the one before it is truncated.
    fn may_begin(&self, last: u8) -> bool {
        match self.open.last() {
            None => true,
            Some(Container::Object(_)) => last == b':',
            Some(Container::List) => matches!(last, b'[' | b','),
        }
    }

    /// The names that lead to the current list, if only objects enclose it.
    pub(super) fn path(&self) -> Option<Vec<Vec<u8>>> {
        let names = self.names()?.map(|name| name.map(<[u8]>::to_vec));
        names.collect()
    }

    /// Whether these names lead to the current list.
    pub(super) fn is_at(&self, path: &[Vec<u8>]) -> bool {
        let wanted = path.iter().map(|name| Some(name.as_slice()));
        self.names().is_some_and(|names| names.eq(wanted))
    }

    /// The names that lead to the current list; `None` for an enclosing list.
    fn names(&self) -> Option<impl Iterator<Item = Option<&[u8]>>> {
        let (list, around) = self.open.split_last()?;
        let names = around.iter().map(|container| match container {
            Container::Object(name) => Some(name.as_slice()),
            Container::List => None,
        });
        matches!(list, Container::List).then_some(names)
    }
}
