//! A walk through JSON of any length, in an amount of memory that does not depend on it.

/// How deep objects and lists may stand in each other.
const DEEPEST: usize = 128;

/// A walk through a value, byte by byte.
#[derive(Default)]
pub(in crate::input) struct Walk {
    /// The containers that are open: the name at hand in an object, or a list.
    open: Vec<Container>,
    string: Option<Vec<u8>>,
    is_escaped: bool,
    /// Whether a string would be a name.
    is_name_next: bool,
}

enum Container {
    Object(Vec<u8>),
    List,
}

/// What a byte does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) enum Step {
    /// It stands within something.
    On,
    /// It opens an object or a list.
    Opened,
    /// It closes one.
    Closed,
    /// It cannot stand there.
    Broken,
}

impl Walk {
    /// Whether nothing is open.
    pub(in crate::input) const fn is_outside(&self) -> bool {
        self.open.is_empty()
    }

    /// How many objects and lists are open.
    pub(super) const fn depth(&self) -> usize {
        self.open.len()
    }

    /// Goes on by a byte.
    pub(in crate::input) fn step(&mut self, byte: u8) -> Step {
        if let Some(string) = &mut self.string {
            match byte {
                b'\n' => return Step::Broken,
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
                    return Step::On;
                }
                _ => {}
            }
            if self.is_name_next {
                string.push(byte);
            }
            return Step::On;
        }
        match byte {
            b'"' => self.string = Some(Vec::new()),
            b'{' | b'[' if self.open.len() == DEEPEST => return Step::Broken,
            b'{' => {
                self.open.push(Container::Object(Vec::new()));
                self.is_name_next = true;
                return Step::Opened;
            }
            b'[' => {
                self.open.push(Container::List);
                self.is_name_next = false;
                return Step::Opened;
            }
            b'}' | b']' => {
                return match (self.open.pop(), byte) {
                    (Some(Container::Object(_)), b'}') | (Some(Container::List), b']') => {
                        Step::Closed
                    }
                    _ => Step::Broken,
                };
            }
            b',' => self.is_name_next = matches!(self.open.last(), Some(Container::Object(_))),
            _ => {}
        }
        Step::On
    }

    /// The names that lead to the list at hand, if only objects are around it.
    pub(super) fn path(&self) -> Option<Vec<Vec<u8>>> {
        let (list, objects) = self.open.split_last()?;
        let names = objects.iter().map(|container| match container {
            Container::Object(name) => Some(name.clone()),
            Container::List => None,
        });
        names
            .collect::<Option<_>>()
            .filter(|_| matches!(list, Container::List))
    }
}
