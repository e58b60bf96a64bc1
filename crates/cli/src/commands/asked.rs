//! What is asked for, on the command line and on standard input.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead as _, BufReader, Stdin};

use ipcascade_core::address::Address;
use ipcascade_input::{MOST_IN_FIELD, Spelling, list_entry};

use crate::output::Output;
use crate::report::CliError;

/// How many texts are answered at once, at most.
const MOST_AT_ONCE: usize = 500;

/// Why a text does not stand for anything that can be asked for.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) hint: Option<&'static str>,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { reason, hint: None }
    }
}

impl Refused {
    /// What is reported if other texts are answered.
    fn reported(&self) -> String {
        match self.hint {
            Some(hint) => format!("{}: {hint}", self.reason),
            None => self.reason.clone(),
        }
    }
}

impl From<Refused> for CliError {
    fn from(refused: Refused) -> Self {
        let error = Self::usage(refused.reason);
        match refused.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// A text that is asked for.
#[derive(Debug)]
pub(crate) struct AskedText {
    pub(crate) text: String,
    /// Its line on standard input.
    line: Option<u64>,
    is_alone: bool,
}

impl AskedText {
    /// Reports that it is refused: other texts are answered nevertheless. If there are no others that is an error.
    pub(crate) fn refuse(&self, refused: Refused, output: &Output) -> Result<(), CliError> {
        match self.line {
            None if self.is_alone => return Err(refused.into()),
            None => output.failure(&refused.reported()),
            Some(line) => {
                output.failure(&format!("standard input:{line}: {}", refused.reported()));
            }
        }
        Ok(())
    }
}

/// What is asked for, as it comes: the arguments, and for `-` the lines of standard input.
#[derive(Debug)]
pub(crate) struct Asked {
    arguments: VecDeque<String>,
    is_one: bool,
    input: Option<Lines>,
    /// What was read and not returned yet.
    ready: VecDeque<AskedText>,
}

/// Standard input, as far as it has been read.
#[derive(Debug)]
struct Lines {
    input: BufReader<Stdin>,
    line: u64,
}

impl Asked {
    pub(crate) fn new(arguments: &[String]) -> Self {
        Self {
            arguments: arguments.iter().cloned().collect(),
            is_one: arguments.len() == 1,
            input: None,
            ready: VecDeque::new(),
        }
    }

    /// The next text; `None`: that was all.
    pub(crate) fn next_text(&mut self) -> Result<Option<AskedText>, CliError> {
        if self.ready.is_empty() {
            self.ready = self.next()?.into();
        }
        Ok(self.ready.pop_front())
    }

    /// The next texts: as many as there are without waiting for more input. An empty list: that was all.
    pub(crate) fn next(&mut self) -> Result<Vec<AskedText>, CliError> {
        let mut texts = Vec::new();
        while texts.len() < MOST_AT_ONCE {
            if let Some(lines) = &mut self.input {
                if !texts.is_empty() && !lines.has_line() {
                    break;
                }
                match lines.next()? {
                    Some(text) => texts.extend(text),
                    None => self.input = None,
                }
                continue;
            }
            match self.arguments.pop_front() {
                None => break,
                Some(argument) if argument == "-" => {
                    self.input = Some(Lines {
                        input: BufReader::new(std::io::stdin()),
                        line: 0,
                    });
                }
                Some(text) => texts.push(AskedText {
                    text,
                    line: None,
                    is_alone: self.is_one,
                }),
            }
        }
        Ok(texts)
    }
}

impl Lines {
    /// Whether a line can be read without waiting.
    fn has_line(&self) -> bool {
        memchr::memchr(b'\n', self.input.buffer()).is_some()
    }

    /// The next line, if it is not empty; `None` at the end.
    fn next(&mut self) -> Result<Option<Option<AskedText>>, CliError> {
        let mut line = Vec::new();
        let failed = |error| CliError::failed("cannot read standard input").caused_by(error);
        if self.input.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        let line = String::from_utf8_lossy(&line);
        let entry = list_entry(&line);
        Ok(Some((!entry.is_empty()).then(|| AskedText {
            text: entry.to_owned(),
            line: Some(self.line),
            is_alone: false,
        })))
    }
}

/// The requested addresses, each once, and whether some of what is asked for is not an address, which is reported.
pub(crate) fn addresses_of(
    arguments: &[String],
    spelling: Spelling,
    output: &Output,
) -> Result<(Vec<Address>, bool), CliError> {
    let (mut addresses, mut are_refused) = (Vec::new(), false);
    let mut asked = Asked::new(arguments);
    while let Some(text) = asked.next_text()? {
        if let Err(refused) = read_addresses(&text.text, spelling, &mut addresses) {
            text.refuse(refused, output)?;
            are_refused = true;
        }
    }
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    Ok((addresses, are_refused))
}

/// Appends the addresses in `text`; a prefix or range of more than are shown one by one is refused.
fn read_addresses(
    text: &str,
    spelling: Spelling,
    addresses: &mut Vec<Address>,
) -> Result<(), Refused> {
    let mut spans = Vec::new();
    let read = spelling.spans(text, &mut spans);
    let all = spans.len();
    spans.retain(|span| span.count_less_one() < MOST_IN_FIELD);
    let is_large = spans.len() < all;
    addresses.extend(spans.into_iter().flatten());
    if is_large {
        return Err(Refused {
            reason: format!("`{text}` has more than {MOST_IN_FIELD} addresses"),
            hint: Some(
                "`ipcascade lookup PREFIX` shows what is stored in it, `ipcascade ip list --prefix PREFIX` lists its \
                 addresses",
            ),
        });
    }
    Ok(read?)
}

/// Whether several things were asked for: the form of the answer depends on the question, not on what is found.
pub(crate) fn are_several(arguments: &[String], asked: usize) -> bool {
    arguments.len() > 1 || asked > 1 || arguments.iter().any(|argument| argument == "-")
}
