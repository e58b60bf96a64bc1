//! The blocks of code of a page.

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// The first word after the fence.
    pub(crate) language: String,
    /// What is said about how it is run.
    pub(crate) run: Run,
    /// Its lines, without the indent of the fence.
    pub(crate) lines: Vec<String>,
}

/// How a block is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Every command succeeds.
    Usual,
    /// The last command exits with this code.
    Exits(i32),
    /// Only on this kind of database.
    Only(Kind),
    /// Only where there is time to compile crates.
    Compiles,
    /// Not at all, for this reason.
    Not(String),
    /// It is what the command before it prints.
    Output,
    /// It is the content of this file.
    File(String),
    /// It is added to this file.
    AddedTo(String),
    /// This is not understood.
    Unclear(String),
}

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Run {
    fn new(words: &str) -> Self {
        let unclear = || Self::Unclear(words.to_owned());
        match words {
            "" => Self::Usual,
            "sqlite" => Self::Only(Kind::Sqlite),
            "output" => Self::Output,
            "compiles" => Self::Compiles,
            "postgresql" => Self::Only(Kind::Postgres),
            _ => match words.split_once(':') {
                Some(("no-run", reason)) => Self::Not(reason.trim().to_owned()),
                Some(("file", name)) => Self::File(name.trim().to_owned()),
                Some(("add-to", name)) => Self::AddedTo(name.trim().to_owned()),
                Some(("exits", code)) => {
                    code.trim().parse().map_or_else(|_| unclear(), Self::Exits)
                }
                _ => unclear(),
            },
        }
    }
}

/// The blocks of `text`, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<usize> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        match (content.strip_prefix("```"), open) {
            (Some(_), Some(_)) => open = None,
            (Some(info), None) => {
                let (language, words) = info.split_once(' ').unwrap_or((info, ""));
                blocks.push(Block {
                    line: number + 1,
                    language: language.to_owned(),
                    run: Run::new(words.trim()),
                    lines: Vec::new(),
                });
                open = Some(indent);
            }
            (None, Some(indent)) => {
                let line = line.get(indent.min(line.len())..).unwrap_or(line);
                let block = blocks.last_mut().unwrap();
                block.lines.push(line.to_owned());
            }
            (None, None) => {}
        }
    }
    blocks
}
