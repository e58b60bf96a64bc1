//! Progress on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar on standard error, or nothing when that is not a terminal.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(is_shown: bool, title: &str) -> Self {
        let target = if is_shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{msg} {human_pos} ({per_sec}, {elapsed})"));
        bar.set_message(title.to_owned());
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self(bar)
    }

    /// Says how much there is to do, once that is known.
    pub fn total(&self, total: u64) {
        if self.0.length() != Some(total) {
            self.0.set_style(style(
                "{msg} {bar:30} {human_pos}/{human_len} ({per_sec}, {eta} left)",
            ));
            self.0.set_length(total);
        }
    }

    /// Says how much is done.
    pub fn position(&self, done: u64) {
        self.0.set_position(done);
    }

    /// Changes the words before the bar.
    pub fn title(&self, title: impl Into<String>) {
        self.0.set_message(title.into());
    }

    /// Does `write`, which writes to the terminal, without tearing the bar.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// The templates are fixed; one that is wrong gives the library's plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
