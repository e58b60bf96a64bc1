//! The two streams of the program.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;
use serde_json::Value;

use crate::output::format::OutputFormat;
use crate::output::json::json_text;
use crate::output::list_table::{ListColumns, ListTable};
use crate::output::progress::{Progress, Shown};
use crate::output::table::{Align, Look, TextTable};
use crate::output::terminal_safety;
use crate::output::terminal_safety::{one_line, without_passwords};
use crate::report::Report;

/// When to use colour.
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
    /// When to use colour.
    pub color: ColorChoice,
    /// Whether to show progress bars where possible.
    pub progress: bool,
}

/// The program's standard output and standard error, through which all output goes.
#[derive(Debug)]
pub struct Output {
    options: OutputOptions,
    stdout: Mutex<BufWriter<io::Stdout>>,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    no_color: bool,
}

impl Output {
    /// The process's own streams.
    pub fn new(options: OutputOptions) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            options,
            stdout: Mutex::new(BufWriter::with_capacity(64 * 1024, io::stdout())),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            no_color: is_set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|t| t == "dumb"),
        }
    }

    /// Whether standard output is a terminal.
    pub const fn is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Whether the user wants nothing but errors.
    pub const fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// A word of a line of data that is to stand out.
    pub fn marked(&self, word: &str) -> String {
        match self.colour_on(self.stdout_is_terminal) {
            true => word.style(Style::new().red().bold()).to_string(),
            false => word.to_owned(),
        }
    }

    /// Whether the user wants more than results and warnings.
    pub const fn is_verbose(&self) -> bool {
        self.options.verbosity > 0
    }

    const fn colour_on(&self, is_terminal: bool) -> bool {
        match self.options.color {
            ColorChoice::Auto => is_terminal && !self.no_color,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }

    fn stdout(&self) -> MutexGuard<'_, BufWriter<io::Stdout>> {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.stdout().write_all(text)
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
        if self.colour_on(self.stdout_is_terminal) {
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

    /// A table that fits this terminal.
    pub fn table(&self, columns: &[(&str, Align)]) -> TextTable {
        let look = Look {
            width: self.stdout_is_terminal.then(terminal_width).flatten(),
            colour: self.colour_on(self.stdout_is_terminal),
        };
        TextTable::new(look, columns)
    }

    /// A table of a list that is laid out for this terminal.
    pub fn list_table(&self, columns: ListColumns) -> ListTable {
        let look = Look {
            width: self.stdout_is_terminal.then(terminal_width).flatten(),
            colour: self.colour_on(self.stdout_is_terminal),
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
        self.stdout().flush()
    }

    /// Prints a message to standard error, unless the user wants quiet.
    pub fn notice(&self, text: &str) {
        if !self.options.quiet {
            self.say("", Style::new(), text);
        }
    }

    /// Returns a function that prints a message to standard error, unless the user wants quiet; it may be called from
    /// anywhere, at any time.
    pub fn notice_for_later(&self, text: &'static str) -> impl FnOnce() + Send + use<> {
        let is_quiet = self.options.quiet;
        // The line may contain a progress bar, or the terminal's echo of the key.
        let before = if self.stderr_is_terminal {
            "\r\x1b[2K"
        } else {
            ""
        };
        move || {
            if !is_quiet {
                // If standard error is closed, there is no reader.
                drop(writeln!(io::stderr(), "{before}{text}"));
            }
        }
    }

    /// Prints to standard error what may be done next, if somebody is there to read it: scripts need no advice.
    pub fn next_step(&self, text: &str) {
        if self.stderr_is_terminal {
            self.notice(text);
        }
    }

    /// Prints a message to standard error with `-v` only.
    pub fn detail(&self, text: &str) {
        if self.is_verbose() {
            self.notice(text);
        }
    }

    /// Warns on standard error, unless the user wants quiet. A warning does not change the exit code.
    pub fn warning(&self, text: &str) {
        if !self.options.quiet {
            self.say("warning: ", Style::new().yellow().bold(), text);
        }
    }

    /// Prints a failure to standard error, because of which the exit code will not be 0.
    pub fn failure(&self, text: &str) {
        self.say("error: ", Style::new().red().bold(), text);
    }

    /// Prints to standard error why the program ends.
    pub fn error(&self, report: &Report) {
        self.failure(report.message());
        for cause in report.causes() {
            self.say("  caused by: ", Style::new(), &cause);
        }
        if let Some(hint) = report.hint() {
            self.say("  hint: ", Style::new().cyan(), hint);
        }
    }

    /// A progress bar on standard error, where one is possible and wanted.
    pub fn progress(&self, title: &str) -> Progress {
        self.progress_as(title, Shown::Nowhere)
    }

    /// The same, but with an occasional line where standard error is not a terminal.
    pub fn progress_anywhere(&self, title: &str) -> Progress {
        self.progress_as(title, Shown::Lines)
    }

    fn progress_as(&self, title: &str, without_terminal: Shown) -> Progress {
        let shown = match (
            self.options.progress && !self.options.quiet,
            self.stderr_is_terminal,
        ) {
            (false, _) => Shown::Nowhere,
            (true, true) => Shown::Bar,
            (true, false) => without_terminal,
        };
        Progress::new(shown, title)
    }

    /// The reader of standard error may be gone as well; then nothing can be reported.
    fn say(&self, label: &str, style: Style, text: &str) {
        let mut stderr = io::stderr().lock();
        // A name with a line end in it must not look like a message of ours.
        let text = text.trim_end();
        let line = without_passwords(text);
        let line = one_line(&line);
        // Nobody is left to report to.
        drop(if self.colour_on(self.stderr_is_terminal) {
            writeln!(stderr, "{}{line}", label.style(style))
        } else {
            writeln!(stderr, "{label}{line}")
        });
    }
}

/// The least number of columns that tables are laid out for.
const NARROWEST: u16 = 20;

/// The width of the terminal that tables are laid out for.
fn terminal_width() -> Option<u16> {
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let width = asked.or_else(|| comfy_table::Table::new().width());
    // Serial consoles have 0.
    width.filter(|width| *width >= NARROWEST)
}
