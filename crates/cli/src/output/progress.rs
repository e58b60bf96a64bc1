//! Progress: a bar on a terminal, lines elsewhere.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::words::number;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Not at all.
    Nowhere,
    /// As a bar on a terminal.
    Bar,
    /// As a line on standard error now and then.
    Lines,
}

/// A progress bar on standard error, lines there, or nothing.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// When the last line was written, if lines are.
    last_line: Option<Arc<Mutex<Instant>>>,
}

impl Progress {
    pub(super) fn new(shown: Shown, title: &str) -> Self {
        let target = if shown == Shown::Bar {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{msg} {human_pos} ({per_sec}, {elapsed})"));
        bar.set_message(title.to_owned());
        if shown == Shown::Bar {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        let begun = || Arc::new(Mutex::new(Instant::now()));
        Self {
            bar,
            last_line: (shown == Shown::Lines).then(begun),
        }
    }

    /// Sets the total, once known.
    pub fn total(&self, total: u64) {
        if self.bar.length() != Some(total) {
            self.bar.set_style(style(
                "{msg} {bar:30} {human_pos}/{human_len} ({per_sec}, {eta} left)",
            ));
            self.bar.set_length(total);
        }
    }

    /// Sets how much is done.
    pub fn position(&self, done: u64) {
        self.bar.set_position(done);
        let Some(last_line) = &self.last_line else {
            return;
        };
        let mut last_line = last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let is_last = self.bar.length() == Some(done);
        if is_last || last_line.elapsed() >= BETWEEN_LINES {
            *last_line = Instant::now();
            let total = self
                .bar
                .length()
                .map(|total| format!(" of {}", number(total)));
            let (title, done) = (self.bar.message(), number(done));
            // The reader of standard error may be gone; then nothing can be reported.
            drop(writeln!(
                std::io::stderr(),
                "{title}: {done}{}",
                total.unwrap_or_default()
            ));
        }
    }

    /// Changes the label of the bar.
    pub fn title(&self, title: impl Into<String>) {
        self.bar.set_message(title.into());
    }

    /// Runs `write`, which writes to the terminal, without tearing the bar.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The templates are constants; an invalid one falls back to the library's plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
