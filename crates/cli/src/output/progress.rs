//! Progress: a bar on a terminal, lines elsewhere.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::log_target::MESSAGES;
use crate::output::words::{number, per_second};

const WITHOUT_TOTAL: &str = "{msg} {human_pos} ({rate}, {elapsed})";
const WITH_TOTAL: &str = "{msg} {bar:30} {human_pos}/{human_len} ({rate}, {eta} left)";
const WITH_BYTES: &str = "{msg} {bar:30} {percent}% of {total_bytes} ({eta} left)";

/// How many lines are written where there is no terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// In long runs only, so that a job has little in its mail.
    Rare,
    /// Also at the end.
    Frequent,
}

impl Lines {
    /// The time between two of them.
    const fn apart(self) -> Duration {
        match self {
            Self::Rare => Duration::from_secs(60),
            Self::Frequent => Duration::from_secs(10),
        }
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Not at all.
    Nowhere,
    /// As a bar on a terminal.
    Bar,
    /// As a line on standard error now and then.
    Lines(Lines),
    /// As a log message now and then.
    Logged(Lines),
}

/// A progress bar on standard error, lines there, or nothing.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    shown: Shown,
    /// Whether bytes are counted; what else is done is in the title.
    is_of_bytes: Arc<AtomicBool>,
    /// When the last line was written.
    last_line: Arc<Mutex<Instant>>,
}

impl Progress {
    pub(super) fn new(shown: Shown, title: &str) -> Self {
        let target = if shown == Shown::Bar {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(WITHOUT_TOTAL));
        bar.set_message(title.to_owned());
        if shown == Shown::Bar {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self {
            bar,
            shown,
            is_of_bytes: Arc::default(),
            last_line: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Sets the total, once known.
    pub fn total(&self, total: u64) {
        if self.bar.length() != Some(total) {
            self.bar.set_style(style(WITH_TOTAL));
            self.bar.set_length(total);
        }
    }

    /// Sets the total in bytes.
    pub fn total_bytes(&self, total: u64) {
        self.is_of_bytes.store(true, Ordering::Relaxed);
        self.bar.set_style(style(WITH_BYTES));
        self.bar.set_length(total);
    }

    /// Sets how much is done.
    pub fn position(&self, done: u64) {
        self.bar.set_position(done);
        let (Shown::Lines(lines) | Shown::Logged(lines)) = self.shown else {
            return;
        };
        let mut last_line = self
            .last_line
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_last = lines == Lines::Frequent && self.bar.length() == Some(done);
        if is_last || last_line.elapsed() >= lines.apart() {
            *last_line = Instant::now();
            self.write_line(done);
        }
    }

    fn write_line(&self, done: u64) {
        let total = self.bar.length();
        let title = self.bar.message();
        let line = match total {
            Some(total) if self.is_of_bytes.load(Ordering::Relaxed) => {
                let percent = done.saturating_mul(100) / total.max(1);
                format!("{title}: {percent}% of {}", HumanBytes(total))
            }
            Some(total) => format!("{title}: {} of {}", number(done), number(total)),
            None => format!("{title}: {}", number(done)),
        };
        tracing::info!(target: MESSAGES, done, total, "{line}");
        if matches!(self.shown, Shown::Lines(_)) {
            // The reader of standard error may be gone; then nothing can be reported.
            drop(writeln!(std::io::stderr(), "{line}"));
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
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn fmt::Write| {
            // A line that cannot be drawn is drawn again soon.
            let _drawn = text.write_str(&per_second(state.per_sec()));
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        for template in [WITHOUT_TOTAL, WITH_TOTAL, WITH_BYTES] {
            ProgressStyle::with_template(template).unwrap();
            bar.set_style(style(template));
            bar.tick();
        }
    }
}
