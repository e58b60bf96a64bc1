//! Text that looked like an address and was not taken.

/// The reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It is the version of a program.
    Version,
    /// It is a part of a word.
    Word,
    /// A number in it is too large, or begins with a zero.
    Number,
    /// It has more than four numbers.
    Longer,
    /// It is link-local, on an unknown link.
    Link,
    /// It is the mask of a network.
    Netmask,
    /// It is a network.
    Network,
    /// It is a honeypot event, which contains addresses other than its source.
    Event,
}

impl Skip {
    /// All reasons, in the order in which they are reported.
    pub const ALL: [Self; 8] = [
        Self::Version,
        Self::Word,
        Self::Number,
        Self::Longer,
        Self::Link,
        Self::Netmask,
        Self::Network,
        Self::Event,
    ];

    /// For people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Version => "the version of a program",
            Self::Word => "part of a word",
            Self::Number => "a number over 255, or one that begins with a zero (--zero-padded)",
            Self::Longer => "more numbers than an address has",
            Self::Link => "an address of an unknown link (link-local with a zone)",
            Self::Netmask => "the mask of a network",
            Self::Network => "a network (--format-in list reads those)",
            Self::Event => "an event of a honeypot within a line of text (--format-in cowrie)",
        }
    }

    /// For programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Word => "word",
            Self::Number => "number",
            Self::Longer => "longer",
            Self::Link => "link",
            Self::Netmask => "netmask",
            Self::Network => "network",
            Self::Event => "event",
        }
    }
}

/// How many were not taken, by reason, with some examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    counts: [u64; Skip::ALL.len()],
    examples: Vec<(Skip, String)>,
}

/// How many examples are kept.
const EXAMPLES: usize = 20;
/// The longest example.
const LONGEST: usize = 64;

impl Skipped {
    pub(super) fn count(&mut self, skip: Skip, text: &[u8]) {
        if let Some(count) = self.counts.get_mut(skip as usize) {
            *count += 1;
        }
        if self.examples.len() < EXAMPLES {
            let shown = text.get(..text.len().min(LONGEST)).unwrap_or_default();
            let shown = String::from_utf8_lossy(shown).into_owned();
            if !self.examples.contains(&(skip, shown.clone())) {
                self.examples.push((skip, shown));
            }
        }
    }

    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        for example in other.examples {
            if self.examples.len() < EXAMPLES && !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
    }

    /// Whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// The reasons that occurred, with their counts.
    pub fn counts(&self) -> impl Iterator<Item = (Skip, u64)> + '_ {
        let counts = Skip::ALL.into_iter().zip(self.counts);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Examples: reason and text.
    pub fn examples(&self) -> &[(Skip, String)] {
        &self.examples
    }
}
