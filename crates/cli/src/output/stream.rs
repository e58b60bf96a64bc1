//! The two streams of the program.

use std::io::{self, BufWriter, IntoInnerError, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;
use serde_json::Value;

use crate::output::format::OutputFormat;
use crate::output::json::json_text;
use crate::output::list_table::{ListColumns, ListTable};
use crate::output::progress::{Lines, Progress, Shown};
use crate::output::sink::Sink;
use crate::output::table::{Align, Look, TextTable};
use crate::output::terminal_safety;
use crate::output::terminal_safety::one_line;
use crate::output::width::{USUAL_WIDTH, terminal_width, width_asked_for};

/// When to use color.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The user's choices about output.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputOptions {
    /// Only errors on standard error.
    pub quiet: bool,
    /// How much more to report.
    pub verbosity: u8,
    /// When to use color.
    pub color: ColorChoice,
    /// Whether to show progress bars where possible.
    pub progress: bool,
    /// Whether messages are log messages, which are not printed beside the log.
    pub are_messages_logged: bool,
}

/// The program's standard output and standard error, through which all output goes. Where the data go to a file, "standard
/// output" is that file.
#[derive(Debug)]
pub struct Output {
    pub(super) options: OutputOptions,
    data: Mutex<BufWriter<Sink>>,
    data_is_terminal: bool,
    /// Whether data goes to a file.
    is_diverted: bool,
    /// Where the file is written until it is complete.
    beside: Option<PathBuf>,
    handles_interrupts: Arc<AtomicBool>,
    pub(super) stderr_is_terminal: bool,
    no_color: bool,
}

impl Output {
    /// The process's own streams.
    pub fn new(options: OutputOptions) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            options,
            data: Mutex::new(buffered(Sink::Standard(io::stdout()))),
            data_is_terminal: io::stdout().is_terminal(),
            is_diverted: false,
            beside: None,
            handles_interrupts: Arc::default(),
            stderr_is_terminal: io::stderr().is_terminal(),
            no_color: is_set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|t| t == "dumb"),
        }
    }

    /// Lets data go to the file `path` from now on, which is there once this is [finished](Self::finish).
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn divert(&mut self, path: &Path) -> io::Result<()> {
        let sink = Sink::file(path)?;
        self.beside = sink.beside().map(Path::to_owned);
        self.data_is_terminal = sink.is_terminal();
        self.is_diverted = true;
        self.data = Mutex::new(buffered(sink));
        Ok(())
    }

    /// Whether data goes to a file.
    pub const fn is_diverted(&self) -> bool {
        self.is_diverted
    }

    /// Takes note that the command itself ends when it is interrupted.
    pub(crate) fn handle_interrupts(&self) {
        self.handles_interrupts.store(true, Ordering::Relaxed);
    }

    /// Returns whether the command itself ends when it is interrupted, whenever that is asked.
    pub(crate) fn interrupts_handled(&self) -> impl Fn() -> bool + Send + use<> {
        let handled = Arc::clone(&self.handles_interrupts);
        move || handled.load(Ordering::Relaxed)
    }

    /// Returns a function that removes what is written of a file, before the process is ended as it is.
    pub(crate) fn discard_for_later(&self) -> impl FnOnce() + Send + use<> {
        let beside = self.beside.clone();
        move || {
            if let Some(beside) = beside {
                // It may have been moved to its place just now.
                drop(std::fs::remove_file(beside));
            }
        }
    }

    /// Writes what is left, and puts a file in its place, whose path is returned. One that is empty, and `may_be_empty` not,
    /// is left as it was; so is one that is never finished.
    ///
    /// # Errors
    ///
    /// If the data cannot be written.
    pub fn finish(&self, may_be_empty: bool) -> io::Result<Option<PathBuf>> {
        let mut data = self.data();
        data.flush()?;
        let path = match data.get_ref() {
            Sink::Standard(_) => return Ok(None),
            Sink::File { is_begun, .. } if !*is_begun && !may_be_empty => return Ok(None),
            Sink::File { path, .. } => path.clone(),
        };
        let sink = std::mem::replace(&mut *data, buffered(Sink::Standard(io::stdout())));
        let sink = sink.into_inner().map_err(IntoInnerError::into_error)?;
        sink.finish()?;
        Ok(Some(path))
    }

    /// Whether data goes to a terminal.
    pub const fn is_terminal(&self) -> bool {
        self.data_is_terminal
    }

    /// Whether the user wants nothing but errors.
    pub const fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// A word of a line of data that is to stand out.
    pub fn marked(&self, word: &str) -> String {
        match self.data_colour() {
            true => word.style(Style::new().red().bold()).to_string(),
            false => word.to_owned(),
        }
    }

    /// Whether the user wants more than results and warnings.
    pub const fn is_verbose(&self) -> bool {
        self.options.verbosity > 0
    }

    /// Whether data has colour: in a file it never has.
    const fn data_colour(&self) -> bool {
        self.colour_on(self.data_is_terminal) && (!self.is_diverted || self.data_is_terminal)
    }

    pub(super) const fn colour_on(&self, is_terminal: bool) -> bool {
        match self.options.color {
            ColorChoice::Auto => is_terminal && !self.no_color,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }

    fn data(&self) -> MutexGuard<'_, BufWriter<Sink>> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `text` to standard output unchanged: it must be safe already.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn text(&self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// The same for bytes that are known to be text.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn bytes(&self, text: &[u8]) -> io::Result<()> {
        self.data().write_all(text)
    }

    /// Writes one line of data to standard output, made safe.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn line(&self, text: &str) -> io::Result<()> {
        self.text(&one_line(text))?;
        self.text("\n")
    }

    /// Writes a heading to standard output.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn heading(&self, text: &str) -> io::Result<()> {
        let text = one_line(text);
        if self.data_colour() {
            self.text(&format!("{}\n", text.bold()))
        } else {
            self.text(&format!("{text}\n"))
        }
    }

    /// Writes `value` to standard output as JSON: over several lines, or for [`OutputFormat::Ndjson`] on one line, each
    /// element of a list on its own.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn json(&self, value: &impl Serialize, format: OutputFormat) -> io::Result<()> {
        match (format, serde_json::to_value(value)?) {
            (OutputFormat::Ndjson, Value::Array(elements)) => {
                elements
                    .iter()
                    .try_for_each(|element| self.json_line(element))?;
            }
            (OutputFormat::Ndjson, value) => self.json_line(&value)?,
            (_, value) => {
                let text = terminal_safety::json(serde_json::to_string_pretty(&value)?);
                self.text(&format!("{text}\n"))?;
            }
        }
        self.flush()
    }

    /// Writes `value` to standard output as one line of NDJSON.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn json_line(&self, value: &impl Serialize) -> io::Result<()> {
        self.text(&json_text(value)?)?;
        self.text("\n")
    }

    /// The width that a line of data is fitted into where it must not be broken: that of the terminal, if it is known.
    pub fn line_width(&self) -> usize {
        let width = match self.data_is_terminal {
            true => terminal_width(),
            false if self.is_diverted => None,
            false => width_asked_for(),
        };
        width.map_or(USUAL_WIDTH, usize::from)
    }

    /// A table that fits this terminal.
    pub fn table(&self, columns: &[(&str, Align)]) -> TextTable {
        let look = Look {
            width: self.data_is_terminal.then(terminal_width).flatten(),
            colour: self.data_colour(),
        };
        TextTable::new(look, columns)
    }

    /// A table of a list that is laid out for this terminal.
    pub fn list_table(&self, columns: ListColumns) -> ListTable {
        let look = Look {
            width: self.data_is_terminal.then(terminal_width).flatten(),
            colour: self.data_colour(),
        };
        ListTable::new(columns, look)
    }

    /// Reports which columns of a table the terminal has no room for.
    pub fn columns_left_out(&self, table: &ListTable) {
        let left_out = table.left_out();
        if !left_out.is_empty() {
            let names = left_out.join(", ");
            self.notice(&format!("the terminal is too narrow for {names}"));
        }
    }

    /// Writes a table to standard output.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn print_table(&self, table: &TextTable) -> io::Result<()> {
        self.text(&table.render())
    }

    /// Flushes standard output.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn flush(&self) -> io::Result<()> {
        self.data().flush()
    }

    /// A progress bar on standard error, if it is wanted; where that is not a terminal, a line a minute.
    pub fn progress(&self, title: &str) -> Progress {
        self.progress_as(title, Lines::Rare)
    }

    /// The same, but with more lines where standard error is not a terminal, and one at the end.
    pub fn progress_anywhere(&self, title: &str) -> Progress {
        self.progress_as(title, Lines::Frequent)
    }

    fn progress_as(&self, title: &str, lines: Lines) -> Progress {
        let is_wanted = self.options.progress && !self.options.quiet;
        let shown = match (
            is_wanted,
            self.stderr_is_terminal,
            self.options.are_messages_logged,
        ) {
            (false, ..) => Shown::Nowhere,
            (true, true, false) => Shown::Bar,
            (true, false, false) => Shown::Lines(lines),
            (true, _, true) => Shown::Logged(lines),
        };
        Progress::new(shown, title)
    }
}

fn buffered(sink: Sink) -> BufWriter<Sink> {
    BufWriter::with_capacity(64 * 1024, sink)
}
